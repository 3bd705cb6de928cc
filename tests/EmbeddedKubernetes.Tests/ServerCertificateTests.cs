using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EmbeddedKubernetes.Certificates;
using EmbeddedKubernetes.Storage;
using EmbeddedKubernetes.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EmbeddedKubernetes.Tests;

/// <summary>Certificates, clocks that are set, and files that are damaged.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("embedded-kubernetes-").FullName;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    private readonly CollectingLoggers _logs = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [Fact]
    public void A_certificate_holds_when_the_clock_goes_back()
    {
        using var server = Load(_now).Server;
        using var again = Load(_now.AddHours(-12)).Server;

        server.NotBefore.ToUniversalTime().Should().BeBefore(_now.AddHours(-12).UtcDateTime);
        again.SerialNumber.Should().Be(server.SerialNumber);
        Warnings().Should().BeEmpty();
    }

    [Theory]
    [InlineData(10)] // made while the clock was ahead
    [InlineData(-365 * 10)] // expired, or nearly so
    public void Certificates_that_do_not_hold_now_are_made_anew_and_it_is_said(int days)
    {
        using var before = Load(_now.AddDays(days)).Server;

        var after = Load(_now);

        using var server = after.Server;
        server.SerialNumber.Should().NotBe(before.SerialNumber);
        server.NotBefore.ToUniversalTime().Should().BeBefore(_now.UtcDateTime);
        RequireTrusted(after);
        Warnings()
            .Should()
            .ContainSingle()
            .Which.Should()
            .Contain("ca.crt has expired or does not hold yet")
            .And.Contain("Copies of its kubeconfig");
    }

    [Theory]
    [InlineData("server.key", "another", "do not fit")]
    [InlineData("server.key", "half", "cannot be read")]
    [InlineData("server.key", "empty", "cannot be read")]
    [InlineData("server.key", "missing", "is missing")]
    [InlineData("server.crt", "half", "cannot be read")]
    [InlineData("server.crt", "garbage", "cannot be read")]
    [InlineData("server.crt", "missing", "is missing")]
    [InlineData("server.crt", "foreign", "was not signed by")]
    public void A_server_certificate_of_no_use_is_made_anew_by_the_same_authority(
        string file,
        string damage,
        string why
    )
    {
        var before = Load(_now);
        before.Server.Dispose();
        Damage(file, damage);

        var after = Load(_now);

        using var server = after.Server;
        after.AuthorityPem.Should().Be(before.AuthorityPem);
        RequireTrusted(after);
        Warnings().Should().ContainSingle().Which.Should().Contain(why).And.Contain("Kubeconfigs go on as they are");
        using var again = Load(_now).Server;
        again.SerialNumber.Should().Be(server.SerialNumber);
    }

    [Fact]
    public void Without_the_key_of_the_authority_all_is_made_anew_when_it_must_be()
    {
        var before = Load(_now);
        before.Server.Dispose();
        File.Delete(Path.Combine(_folder, "ca.key")); // as an earlier version left it
        using (Load(_now).Server) { }
        Warnings().Should().BeEmpty();
        Damage("server.key", "another");

        var after = Load(_now);

        using var server = after.Server;
        after.AuthorityPem.Should().NotBe(before.AuthorityPem);
        RequireTrusted(after);
        Warnings().Should().ContainSingle().Which.Should().Contain("Copies of its kubeconfig");
    }

    [Theory]
    [InlineData("half")]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("folder")]
    public void An_authority_that_cannot_be_read_is_refused_with_what_to_do(string damage)
    {
        using (Load(_now).Server) { }
        var key = File.ReadAllText(Path.Combine(_folder, "server.key"));
        Damage("ca.crt", damage);

        var load = () => Load(_now);

        load.Should().Throw<StateDirectoryException>().WithMessage("*ca.crt*remove*taken anew*");
        File.ReadAllText(Path.Combine(_folder, "server.key")).Should().Be(key);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("token")]
    [InlineData("port")]
    [InlineData("kubeconfig")]
    [InlineData("ca.crt")]
    [InlineData("ca.key")]
    [InlineData("server.crt")]
    [InlineData("server.key")]
    [InlineData("store.journal")]
    public async Task A_folder_in_the_place_of_a_file_of_the_state_is_told_and_nothing_else(string file)
    {
        await (await StartAsync()).DisposeAsync();
        var path = Path.Combine(_folder, file);
        File.Delete(path);
        Directory.CreateDirectory(path);

        var start = StartAsync;

        (await start.Should().ThrowAsync<EmbeddedClusterException>()).WithMessage($"{path} is a folder, and a file *");
        Warnings().Should().BeEmpty();
    }

    [Fact]
    public async Task A_start_that_fails_writes_no_certificates_afterwards()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "store.journal.new"));

        var start = StartAsync;

        await start.Should().ThrowAsync<EmbeddedClusterException>();
        File.Exists(Path.Combine(_folder, "server.crt")).Should().BeTrue("its writing was waited for");
    }

    [Theory]
    [InlineData("token")]
    [InlineData("kubeconfig")]
    [InlineData("ca.key")]
    [InlineData("server.key")]
    public async Task A_secret_that_others_may_read_is_taken_from_them_and_told(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no file modes here");
        await (await StartAsync()).DisposeAsync();
        var path = Path.Combine(_folder, file);
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        SetMode(path, own | UnixFileMode.GroupRead);

        await (await StartAsync()).DisposeAsync();

        ModeOf(path).Should().Be(own);
        Warnings().Should().ContainSingle().Which.Should().Contain(path).And.Contain("another one is made");
    }

    private async Task<EmbeddedCluster> StartAsync()
    {
        using var loggers = _logs.Factory();
        return await EmbeddedCluster.StartAsync(
            new() { StateDirectory = _folder, LoggerFactory = loggers },
            ApiClient.Cancel
        );
    }

    private ServerCertificates Load(DateTimeOffset now) => ServerCertificates.LoadOrCreate(_folder, now, _logs);

    private IEnumerable<string> Warnings() => _logs.Entries.Where(e => e.Level >= LogLevel.Warning).Select(e => e.Text);

    private void Damage(string file, string how)
    {
        var path = Path.Combine(_folder, file);
        var text = File.ReadAllText(path);
        switch (how)
        {
            case "another":
                using (var other = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    File.WriteAllText(path, other.ExportPkcs8PrivateKeyPem());
                }
                break;
            case "foreign":
                using (var authority = CertificateAuthority.Create(_now))
                {
                    var (certificate, key) = authority.Issue(_now);
                    File.WriteAllText(path, certificate);
                    File.WriteAllText(Path.Combine(_folder, "server.key"), key);
                }
                break;
            case "half":
                File.WriteAllText(path, text[..(text.Length / 2)]);
                break;
            case "garbage":
                File.WriteAllText(path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                break;
            case "empty":
                File.WriteAllText(path, "");
                break;
            case "missing":
                File.Delete(path);
                break;
            default:
                File.Delete(path);
                Directory.CreateDirectory(path);
                break;
        }
    }

    /// <summary>Whoever trusts the authority accepts the server.</summary>
    private static void RequireTrusted(ServerCertificates certificates)
    {
        using var authority = X509Certificate2.CreateFromPem(certificates.AuthorityPem);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        using var server = X509CertificateLoader.LoadCertificate(certificates.Server.RawData);
        chain.Build(server).Should().BeTrue();
        certificates.Server.HasPrivateKey.Should().BeTrue();
    }

#pragma warning disable CA1416 // Windows was skipped.
    private static void SetMode(string path, UnixFileMode mode) => File.SetUnixFileMode(path, mode);

    private static UnixFileMode ModeOf(string path) => File.GetUnixFileMode(path);
#pragma warning restore CA1416
}
