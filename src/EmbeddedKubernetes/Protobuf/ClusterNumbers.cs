namespace EmbeddedKubernetes.Protobuf;

/// <summary>Networking, access and the smaller groups. The notation is explained at <see cref="WireNumbers"/>.</summary>
internal static class ClusterNumbers
{
    public const string Text = """
        # networking.k8s.io/v1
        HTTPIngressPath: path=1 pathType=3* backend=2
        HTTPIngressRuleValue: paths=1
        IPBlock: cidr=1 except=2
        Ingress: metadata=1 spec=2 status=3
        IngressBackend: service=4 resource=3
        IngressClass: metadata=1 spec=2
        IngressClassParametersReference: apiGroup=1* kind=2 name=3 scope=4* namespace=5*
        IngressClassSpec: controller=1 parameters=2*
        IngressLoadBalancerIngress: ip=1 hostname=2 ports=4
        IngressLoadBalancerStatus: ingress=1
        IngressPortStatus: port=1 protocol=2 error=3*
        IngressRule: host=1 ^IngressRuleValue=2
        IngressRuleValue: http=1
        IngressServiceBackend: name=1 port=2
        IngressSpec: ingressClassName=4* defaultBackend=1 tls=2 rules=3
        IngressStatus: loadBalancer=1
        IngressTLS: hosts=1 secretName=2
        NetworkPolicy: metadata=1 spec=2
        NetworkPolicyEgressRule: ports=1 to=2
        NetworkPolicyIngressRule: ports=1 from=2
        NetworkPolicyPeer: podSelector=1 namespaceSelector=2 ipBlock=3
        NetworkPolicyPort: protocol=1 port=2 endPort=3*
        NetworkPolicySpec: podSelector=1 ingress=2 egress=3 policyTypes=4
        ServiceBackendPort: name=1 number=2
        # rbac.authorization.k8s.io/v1
        AggregationRule: clusterRoleSelectors=1
        ClusterRole: metadata=1 rules=2 aggregationRule=3
        ClusterRoleBinding: metadata=1 subjects=2 roleRef=3
        PolicyRule: verbs=1 apiGroups=2 resources=3 resourceNames=4 nonResourceURLs=5
        Role: metadata=1 rules=2
        RoleBinding: metadata=1 subjects=2 roleRef=3
        RoleRef: apiGroup=1 kind=2 name=3
        Subject: kind=1 apiGroup=2 name=3 namespace=4
        # storage.k8s.io/v1
        CSIDriver: metadata=1 spec=2
        StorageClass: metadata=1 provisioner=2 parameters=3 reclaimPolicy=4 mountOptions=5 allowVolumeExpansion=6*
          volumeBindingMode=7* allowedTopologies=8
        # coordination.k8s.io/v1
        Lease: metadata=1 spec=2
        LeaseSpec: holderIdentity=1* leaseDurationSeconds=2* acquireTime=3 renewTime=4 leaseTransitions=5*
          strategy=6 preferredHolder=7*
        # discovery.k8s.io/v1
        Endpoint: addresses=1 conditions=2 hostname=3* targetRef=4 deprecatedTopology=5 nodeName=6* zone=7* hints=8
        EndpointConditions: ready=1* serving=2* terminating=3*
        EndpointHints: forZones=1 forNodes=2
        EndpointPort: name=1* protocol=2 port=3* appProtocol=4*
        EndpointSlice: metadata=1 addressType=4 endpoints=2 ports=3
        ForNode: name=1
        ForZone: name=1
        # events.k8s.io/v1
        Event: metadata=1 eventTime=2 series=3 reportingController=4 reportingInstance=5 action=6 reason=7
          regarding=8 related=9 note=10 type=11 deprecatedSource=12 deprecatedFirstTimestamp=13
          deprecatedLastTimestamp=14 deprecatedCount=15
        EventSeries: count=1 lastObservedTime=2
        # scheduling.k8s.io/v1
        PriorityClass: metadata=1 value=2 globalDefault=3 description=4 preemptionPolicy=5
        # admissionregistration.k8s.io/v1
        MatchCondition: name=1 expression=2
        MutatingWebhook: name=1 clientConfig=2 rules=3 failurePolicy=4* matchPolicy=9* namespaceSelector=5
          objectSelector=11 sideEffects=6* timeoutSeconds=7* admissionReviewVersions=8 reinvocationPolicy=10*
          matchConditions=12
        MutatingWebhookConfiguration: metadata=1 webhooks=2
        Rule: apiGroups=1 apiVersions=2 resources=3 scope=4*
        RuleWithOperations: operations=1 ^Rule=2
        ServiceReference: namespace=1 name=2 path=3* port=4*
        ValidatingWebhook: name=1 clientConfig=2 rules=3 failurePolicy=4* matchPolicy=9* namespaceSelector=5
          objectSelector=10 sideEffects=6* timeoutSeconds=7* admissionReviewVersions=8 matchConditions=11
        ValidatingWebhookConfiguration: metadata=1 webhooks=2
        WebhookClientConfig: url=3* service=1 caBundle=2
        # authentication.k8s.io/v1
        SelfSubjectReview: metadata=1 status=2
        BoundObjectReference: kind=1 apiVersion=2 name=3 uid=4
        TokenRequest: metadata=1 spec=2 status=3
        TokenRequestSpec: audiences=1 boundObjectRef=3 expirationSeconds=4*
        TokenReview: metadata=1 spec=2 status=3
        TokenReviewSpec: token=1 audiences=2
        # authorization.k8s.io/v1
        LocalSubjectAccessReview: metadata=1 spec=2 status=3
        NonResourceAttributes: path=1 verb=2
        ResourceAttributes: namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7 fieldSelector=8
          labelSelector=9
        SelfSubjectAccessReview: metadata=1 spec=2 status=3
        SelfSubjectAccessReviewSpec: resourceAttributes=1 nonResourceAttributes=2
        SelfSubjectRulesReview: metadata=1 spec=2 status=3
        SelfSubjectRulesReviewSpec: namespace=1
        SubjectAccessReview: metadata=1 spec=2 status=3
        SubjectAccessReviewSpec: resourceAttributes=1 nonResourceAttributes=2 user=3 groups=4 extra=5 uid=6
        """;
}
