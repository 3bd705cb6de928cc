using PlatformLocal.Kubernetes.Configuration;
using PlatformLocal.Kubernetes.Processes;

namespace PlatformLocal.Kubernetes.Transport;

/// <summary>Asks an exec plugin for a credential.</summary>
/// <remarks>Protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins</remarks>
internal sealed class ExecCredentialSource(ClusterConnection connection, TimeProvider timeProvider)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    public async Task<Credential> GetAsync(ExecPlugin exec, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string?>(exec.Environment, StringComparer.Ordinal)
        {
            ["KUBERNETES_EXEC_INFO"] = Request(exec).ToJsonString(),
        };
        var command = new ProgramCommand
        {
            Program = exec.Command,
            Arguments = exec.Arguments,
            Environment = environment,
            Timeout = s_timeout,
            InstallHint = exec.InstallHint,
        };
        ProgramResult result = await new ProgramRunner(timeProvider).RunAsync(command, cancellationToken);
        return Read(exec, result.Output);
    }

    private JsonObject Request(ExecPlugin exec)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (exec.ProvideClusterInfo)
        {
            var cluster = new JsonObject { ["server"] = connection.Server.ToString().TrimEnd('/') };
            if (connection.CertificateAuthority is { } authority)
            {
                cluster["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(authority));
            }
            if (connection.InsecureSkipTlsVerify)
            {
                cluster["insecure-skip-tls-verify"] = true;
            }
            if (connection.TlsServerName is { } name)
            {
                cluster["tls-server-name"] = name;
            }
            if (connection.Proxy is { } proxy)
            {
                cluster["proxy-url"] = proxy.ToString();
            }
            if (exec.ClusterConfig is { } config)
            {
                cluster["config"] = JsonNode.Parse(config);
            }
            spec["cluster"] = cluster;
        }
        return new JsonObject
        {
            ["apiVersion"] = exec.ApiVersion,
            ["kind"] = "ExecCredential",
            ["spec"] = spec,
        };
    }

    private static Credential Read(ExecPlugin exec, string output)
    {
        // What is no JSON is not shown: it may hold a secret.
        JsonObject? answer = JsonBody.Parse(Encoding.UTF8.GetBytes(output));
        if (answer.Text("kind") != "ExecCredential" || answer.Text("apiVersion") != exec.ApiVersion)
        {
            throw Kubeconfig.Invalid(
                $"The exec plugin {exec.Command} did not answer with an ExecCredential of {exec.ApiVersion}.",
                "Update the plugin, or correct apiVersion of the user's exec part in the kubeconfig."
            );
        }
        JsonObject? status = answer.Child("status");
        string? token = status.Text("token");
        (string? certificate, string? key) = (status.Text("clientCertificateData"), status.Text("clientKeyData"));
        if (token is null && (certificate is null || key is null))
        {
            throw Kubeconfig.Invalid(
                $"The exec plugin {exec.Command} handed out neither a token nor a client certificate."
            );
        }
        DateTimeOffset expiresAt = DateTimeOffset.TryParse(
            status.Text("expirationTimestamp"),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset parsed
        )
            ? parsed
            : DateTimeOffset.MaxValue;
        return new Credential(
            token is null ? null : $"Bearer {token}",
            certificate is not null && key is not null ? Credential.ReadCertificate(certificate, key) : null,
            expiresAt
        );
    }
}
