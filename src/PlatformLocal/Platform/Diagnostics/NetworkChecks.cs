using System.Net;
using PlatformLocal.Platform.Clusters.Kind;

namespace PlatformLocal.Platform.Diagnostics;

/// <summary>What a network around the machine can do to a cluster: addresses that clash, proxies, authorities of a company.</summary>
internal static class NetworkChecks
{
    private static readonly string[] s_unproxied =
    [
        "localhost",
        "127.0.0.1",
        KindDefaults.Registry,
        ".svc",
        ".cluster.local",
    ];

    private static readonly string[] s_authorities =
    [
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
    ];

    /// <summary>Whether addresses that the cluster will use for itself lead somewhere else on this machine.</summary>
    /// <param name="subnets">The cluster's subnets, each with what it is for.</param>
    /// <param name="routes">The text of <c>/proc/net/route</c>; empty where there is none.</param>
    /// <param name="networks">What <c>docker network inspect</c> says; empty when it says nothing.</param>
    /// <param name="clusterNetwork">The network of the nodes, whose own routes are no clash.</param>
    public static CheckResult Subnets(
        IReadOnlyList<(string Purpose, IPNetwork Subnet)> subnets,
        string routes,
        string networks,
        string clusterNetwork
    )
    {
        var docker = DockerSubnets(networks).ToList();
        var own = docker.Where(n => n.Network == clusterNetwork).Select(n => n.Subnet).ToList();
        var taken = docker
            .Where(n => n.Network != clusterNetwork)
            .Select(n => (Name: $"the Docker network {n.Network}", n.Subnet))
            .Concat(
                Routes(routes)
                    .Where(r => !docker.Exists(n => n.Subnet.Equals(r.Subnet)))
                    .Select(r => (Name: $"the route of {r.Interface}", r.Subnet))
            )
            .ToList();
        var clashes = subnets
            .Concat(own.Select(s => (Purpose: "the nodes", Subnet: s)))
            .SelectMany(s =>
                taken
                    .Where(t => Overlap(s.Subnet, t.Subnet))
                    .Select(t => $"{s.Subnet} of {s.Purpose} overlaps {t.Subnet} of {t.Name}")
            )
            .ToList();
        return clashes.Count == 0
            ? new CheckResult("subnets", CheckStatus.Pass, "none of the cluster's addresses leads elsewhere")
            : new CheckResult(
                "subnets",
                CheckStatus.Warn,
                $"{string.Join("; ", clashes)}: pods will not reach what is there",
                "Set networking.podSubnet and networking.serviceSubnet in a file for --kind-configuration.",
                "https://kind.sigs.k8s.io/docs/user/configuration/#networking"
            );
    }

    /// <summary>Whether a proxy is kept away from the cluster's own addresses.</summary>
    /// <param name="variable">The environment.</param>
    public static CheckResult Proxy(Func<string, string?> variable)
    {
        string? proxy = Either("HTTPS_PROXY") ?? Either("HTTP_PROXY");
        if (proxy is null)
        {
            return new CheckResult("proxy", CheckStatus.Pass, "none is set");
        }

        string[] exceptions = (Either("NO_PROXY") ?? "").Split(
            ',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );
        string[] missing =
        [
            .. s_unproxied.Where(name =>
                !exceptions.Contains("*", StringComparer.Ordinal)
                && !exceptions.Any(e =>
                    e.TrimStart('.').Equals(name.TrimStart('.'), StringComparison.OrdinalIgnoreCase)
                )
            ),
        ];
        // Shown without what may be a password in it.
        string shown = Uri.TryCreate(proxy, UriKind.Absolute, out var address) ? address.Authority : "set";
        return missing.Length == 0
            ? new CheckResult("proxy", CheckStatus.Pass, $"{shown}, not for the cluster's own addresses")
            : new CheckResult(
                "proxy",
                CheckStatus.Warn,
                $"{shown} is also used for {string.Join(", ", missing)}: the cluster and its registry may be out of reach",
                $"export NO_PROXY={string.Join(',', exceptions.Concat(missing))}",
                "https://kind.sigs.k8s.io/docs/user/quick-start/#configure-kind-to-use-a-proxy"
            );

        string? Either(string name) =>
            variable(name) is { Length: > 0 } upper ? upper
            : variable(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower
            : null;
    }

    /// <summary>Whether this machine trusts authorities that the nodes of a cluster do not know.</summary>
    /// <param name="variable">The environment.</param>
    public static CheckResult Authorities(Func<string, string?> variable)
    {
        var set = s_authorities
            .Select(name => (Name: name, Path: variable(name)))
            .Where(v => !string.IsNullOrEmpty(v.Path))
            .ToList();
        var missing = set.Where(v => !File.Exists(v.Path) && !Directory.Exists(v.Path)).ToList();
        return set.Count == 0 ? new CheckResult("certificate authorities", CheckStatus.Pass, "those of the system")
            : missing.Count > 0
                ? new CheckResult(
                    "certificate authorities",
                    CheckStatus.Warn,
                    string.Join("; ", missing.Select(v => $"{v.Name} names {v.Path}, which does not exist")),
                    $"unset {string.Join(' ', missing.Select(v => v.Name))}"
                )
            : new CheckResult(
                "certificate authorities",
                CheckStatus.Warn,
                $"{string.Join(", ", set.Select(v => v.Name))} add some that nodes do not know: pulling inside of the cluster "
                    + "may fail where a company's proxy opens TLS",
                "Mount the file into the nodes: nodes[].extraMounts in a file for --kind-configuration.",
                "https://kind.sigs.k8s.io/docs/user/configuration/#extra-mounts"
            );
    }

    private static bool Overlap(IPNetwork one, IPNetwork other) =>
        one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    /// <summary>The routes of the kernel: interface, and address and mask as hexadecimal numbers of the machine's byte order.</summary>
    private static IEnumerable<(string Interface, IPNetwork Subnet)> Routes(string text)
    {
        foreach (string line in text.Split('\n').Skip(1))
        {
            string[] fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (
                fields.Length > 7
                && uint.TryParse(fields[1], NumberStyles.HexNumber, null, out uint address)
                && uint.TryParse(fields[7], NumberStyles.HexNumber, null, out uint mask)
                && mask != 0 // the default route leads everywhere, and clashes with nothing
            )
            {
                yield return (
                    fields[0],
                    new IPNetwork(new IPAddress(address & mask), System.Numerics.BitOperations.PopCount(mask))
                );
            }
        }
    }

    private static IEnumerable<(string Network, IPNetwork Subnet)> DockerSubnets(string text)
    {
        JsonArray? networks;
        try
        {
            networks = text.Length == 0 ? null : JsonNode.Parse(text) as JsonArray;
        }
        catch (JsonException)
        {
            networks = null;
        }

        return (networks?.OfType<JsonObject>() ?? []).SelectMany(n =>
            n.Child("IPAM")
                .Items("Config")
                .Select(c => c.Text("Subnet"))
                .Where(s => IPNetwork.TryParse(s, out _))
                .Select(s => (n.Text("Name") ?? "", IPNetwork.Parse(s!)))
        );
    }
}
