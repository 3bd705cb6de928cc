using System.Net;
using PlatformLocal.Platform.Diagnostics;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.Diagnostics;

public sealed class NetworkChecksTests
{
    private const string Header = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

    private static readonly (string, IPNetwork)[] s_subnets =
    [
        ("pods", IPNetwork.Parse("10.244.0.0/16")),
        ("services", IPNetwork.Parse("10.96.0.0/16")),
    ];

    [Fact]
    public void Routes_and_docker_networks_that_overlap_the_cluster_are_named()
    {
        // 10.96.7.0/24 of a VPN, the default route, and what Docker itself routes.
        const string routes =
            Header
            + "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
            + "tun0\t0007600A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
            + "br-1\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        const string networks = """
            [{"Name":"kind","IPAM":{"Config":[{"Subnet":"172.18.0.0/16"},{"Subnet":"fc00::/64"}]}},
             {"Name":"other","IPAM":{"Config":[{"Subnet":"10.244.128.0/20"}]}},
             {"Name":"host","IPAM":{"Config":null}}]
            """;

        var check = NetworkChecks.Subnets(s_subnets, routes, networks, "kind");

        check.Status.Should().Be(CheckStatus.Warn);
        check
            .Message.Should()
            .StartWith(
                "10.244.0.0/16 of pods overlaps 10.244.128.0/20 of the Docker network other; "
                    + "10.96.0.0/16 of services overlaps 10.96.7.0/24 of the route of tun0:"
            );
        check.Fix.Should().Contain("--kind-configuration");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    public void A_machine_with_nothing_else_passes(string networks) =>
        NetworkChecks.Subnets(s_subnets, Header, networks, "kind").Status.Should().Be(CheckStatus.Pass);

    [Fact]
    public void A_proxy_that_would_get_the_cluster_s_own_traffic_is_told_with_the_command()
    {
        var check = NetworkChecks.Proxy(
            Variables(("https_proxy", "http://me:pw@proxy:3128"), ("NO_PROXY", "localhost,127.0.0.1"))
        );

        check.Status.Should().Be(CheckStatus.Warn);
        check.Message.Should().Contain("proxy:3128").And.Contain("kind-registry, .svc").And.NotContain("pw");
        check.Fix.Should().Be("export NO_PROXY=localhost,127.0.0.1,kind-registry,.svc,.cluster.local");
    }

    [Fact]
    public void A_proxy_with_all_exceptions_and_no_proxy_at_all_pass()
    {
        NetworkChecks
            .Proxy(
                Variables(
                    ("HTTP_PROXY", "http://proxy:3128"),
                    ("NO_PROXY", "localhost, 127.0.0.1, kind-registry, svc, .cluster.local")
                )
            )
            .Status.Should()
            .Be(CheckStatus.Pass);
        NetworkChecks.Proxy(Variables()).Status.Should().Be(CheckStatus.Pass);
    }

    [Fact]
    public void Authorities_of_a_company_are_told_and_a_missing_file_more_so()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("ca.pem", "");

        NetworkChecks.Authorities(Variables(("SSL_CERT_FILE", file))).Message.Should().Contain("nodes do not know");
        var missing = NetworkChecks.Authorities(Variables(("SSL_CERT_FILE", file + ".not")));

        missing.Message.Should().Contain("does not exist");
        missing.Fix.Should().Be("unset SSL_CERT_FILE");
    }

    [Fact]
    public void Repairs_raise_only_the_limits_that_are_too_low()
    {
        using var folder = new TemporaryFolder();
        string watches = folder.Write("fs/inotify/max_user_watches", "8192\n");
        string instances = folder.Write("fs/inotify/max_user_instances", "1024\n");
        var report = new DoctorReport([
            new CheckResult("inotify max_user_watches", CheckStatus.Warn, "8192"),
            new CheckResult("inotify max_user_instances", CheckStatus.Pass, "1024"),
            new CheckResult("docker disk", CheckStatus.Fail, "full", "docker system prune"),
        ]);

        var done = Repairs.Apply(report, folder.Path);

        done.Should().ContainSingle(d => d.Contains("max_user_watches is 524288"));
        File.ReadAllText(watches).Should().Be("524288");
        File.ReadAllText(instances).Should().Be("1024\n");
    }

    private static Func<string, string?> Variables(params (string Name, string Value)[] set) =>
        name => set.FirstOrDefault(v => v.Name == name).Value;
}
