using EmbeddedKubernetes.Certificates;

namespace EmbeddedKubernetes.Tests;

/// <summary>Certificates and clocks that are set.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("embedded-kubernetes-").FullName;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_certificate_holds_when_the_clock_goes_back()
    {
        using var server = ServerCertificates.LoadOrCreate(_folder, _now).Server;
        using var again = ServerCertificates.LoadOrCreate(_folder, _now.AddHours(-12)).Server;

        server.NotBefore.ToUniversalTime().Should().BeBefore(_now.AddHours(-12).UtcDateTime);
        again.SerialNumber.Should().Be(server.SerialNumber);
    }

    [Fact]
    public void A_certificate_that_does_not_hold_yet_is_made_anew()
    {
        using var ahead = ServerCertificates.LoadOrCreate(_folder, _now.AddDays(10)).Server;

        using var server = ServerCertificates.LoadOrCreate(_folder, _now).Server;

        server.SerialNumber.Should().NotBe(ahead.SerialNumber);
        server.NotBefore.ToUniversalTime().Should().BeBefore(_now.UtcDateTime);
    }
}
