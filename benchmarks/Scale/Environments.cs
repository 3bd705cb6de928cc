using System.Text.Json.Nodes;

namespace ScaleBenchmark;

/// <summary>The objects of an environment: 11 are applied, controllers make 10 more.</summary>
internal static class Environments
{
    public const int Applied = 11;
    public const int Deployments = 2;

    public static IEnumerable<(string Path, JsonObject Body)> Objects(int number)
    {
        var ns = "env-" + number;
        yield return ($"/api/v1/namespaces/{ns}", Named("v1", "Namespace", ns, null));
        yield return One(
            "/api/v1",
            "v1",
            "ResourceQuota",
            "resourcequotas",
            "quota",
            """{"hard":{"pods":"50","requests.cpu":"20","requests.memory":"40Gi","limits.memory":"80Gi"}}"""
        );
        yield return One(
            "/api/v1",
            "v1",
            "LimitRange",
            "limitranges",
            "limits",
            """{"limits":[{"type":"Container","default":{"cpu":"500m","memory":"512Mi"},"defaultRequest":{"cpu":"50m","memory":"64Mi"}}]}"""
        );
        foreach (var policy in (string[])["default-deny", "allow-same-namespace"])
        {
            yield return One(
                "/apis/networking.k8s.io/v1",
                "networking.k8s.io/v1",
                "NetworkPolicy",
                "networkpolicies",
                policy,
                policy == "default-deny"
                    ? """{"podSelector":{},"policyTypes":["Ingress"]}"""
                    : """{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{}}]}]}"""
            );
        }
        var settings = Named("v1", "ConfigMap", "settings", ns);
        settings["data"] = new JsonObject
        {
            ["LOG_LEVEL"] = "info",
            ["FEATURES"] = "a,b,c",
            ["REGION"] = "local",
        };
        yield return ($"/api/v1/namespaces/{ns}/configmaps/settings", settings);
        foreach (var service in (string[])["backend", "frontend"])
        {
            yield return One("/apis/apps/v1", "apps/v1", "Deployment", "deployments", service, DeploymentSpec(service));
            yield return One(
                "/api/v1",
                "v1",
                "Service",
                "services",
                service,
                $$"""{"selector":{"app":"{{service}}"},"ports":[{"name":"http","port":80,"targetPort":"http"}]}"""
            );
        }
        yield return One(
            "/apis/autoscaling/v2",
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            "backend",
            """
            {"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"backend"},"minReplicas":1,"maxReplicas":5,
             "metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]}
            """
        );

        (string, JsonObject) One(string root, string version, string kind, string plural, string name, string spec)
        {
            var value = Named(version, kind, name, ns);
            value["spec"] = JsonNode.Parse(spec);
            return ($"{root}/namespaces/{ns}/{plural}/{name}", value);
        }
    }

    private static string DeploymentSpec(string name) =>
        $$"""
            {"replicas":1,"selector":{"matchLabels":{"app":"{{name}}"} },
             "template":{"metadata":{"labels":{"app":"{{name}}","platform.local/service":"{{name}}"} },"spec":{
              "containers":[{"name":"{{name}}","image":"registry.local/{{name}}:1.2.3","ports":[{"name":"http","containerPort":8080}],
               "env":[{"name":"LOG_LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"LOG_LEVEL"} } },{"name":"SERVICE","value":"{{name}}"}],
               "resources":{"requests":{"cpu":"50m","memory":"64Mi"},"limits":{"memory":"256Mi"} },
               "readinessProbe":{"httpGet":{"path":"/ready","port":"http"} },
               "livenessProbe":{"httpGet":{"path":"/live","port":"http"} } }] } } }
            """;

    private static JsonObject Named(string apiVersion, string kind, string name, string? ns)
    {
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["labels"] = new JsonObject
            {
                ["app.kubernetes.io/managed-by"] = "platform-local",
                ["platform.local/environment"] = ns ?? name,
            },
        };
        if (ns is not null)
        {
            metadata["namespace"] = ns;
        }
        return new()
        {
            ["apiVersion"] = apiVersion,
            ["kind"] = kind,
            ["metadata"] = metadata,
        };
    }
}
