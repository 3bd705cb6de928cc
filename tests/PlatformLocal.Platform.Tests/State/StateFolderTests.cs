using PlatformLocal.Platform.Clusters.Kind;
using PlatformLocal.Platform.State;
using PlatformLocal.Testing;

namespace PlatformLocal.Platform.Tests.State;

public sealed class StateFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];
    private readonly StateFolder _state;

    public StateFolderTests() => _state = new StateFolder(_folder.Path, "shop", _warnings.Add);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"cluster": "kind", "works""")]
    [InlineData("""{"cluster": "kind", "workspace": null}""")]
    [InlineData("""{"cluster": "moon", "workspace": "/w"}""")]
    public void Settings_that_cannot_be_read_are_refused_by_their_name_and_stay(string content)
    {
        var file = _folder.Write("shop/platform.json", content);

        var fault = _state.Invoking(s => s.ReadSettings()).Should().Throw<UnreadableStateException>().Which;

        fault.File.Should().Be(file);
        fault.Message.Should().StartWith($"The file {file} cannot be read: ");
        fault.NextStep.Should().Contain("destroy-local-platform");
        _state.Invoking(s => s.Settle("/w")).Should().Throw<UnreadableStateException>();
        File.ReadAllText(file).Should().Be(content);
    }

    [Theory]
    [InlineData("{ half", "line 1, column 3: 'h' does not belong there")]
    [InlineData("""{"cluster": "ki""", "line 1, column 16: the text ends in the middle of a name or a value")]
    [InlineData("""{"cluster": "kind"}""", "line 1, column 20: it lacks 'workspace'")]
    [InlineData(
        """{"cluster": 3, "workspace": "/w"}""",
        "line 1, column 14: the value of cluster is of the wrong kind"
    )]
    public void What_is_wrong_with_settings_is_told_in_plain_words(string content, string told)
    {
        var file = _folder.Write("shop/platform.json", content);

        _state
            .Invoking(s => s.ReadSettings())
            .Should()
            .Throw<UnreadableStateException>()
            .Which.Message.Should()
            .Be($"The file {file} cannot be read: {told}.");
    }

    [Fact]
    public void An_endpoint_that_cannot_be_read_is_set_aside_with_a_warning_that_names_it()
    {
        var file = _folder.Write("shop/endpoint.json", "garbage");

        _state.ReadEndpoint().Should().BeNull();
        _state.ReadEndpoint().Should().BeNull();

        _warnings.Should().ContainSingle().Which.Should().Contain(file).And.EndWith($"set aside as {file}.unreadable.");
        File.ReadAllText(file + ".unreadable").Should().Be("garbage");
    }

    [Fact]
    public void The_memory_of_a_kind_cluster_that_cannot_be_read_is_set_aside_with_a_warning_that_names_it()
    {
        var file = _folder.Write("shop/kind-cluster.json", """{"cluster": "shop"}""");

        KindRecord.Read(_state.Folder, _warnings.Add).Should().BeNull();

        _warnings.Should().ContainSingle().Which.Should().Contain(file);
        File.Exists(file + ".unreadable").Should().BeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("two words")]
    [InlineData("\0\0\0\0")]
    public void A_token_that_is_none_is_refused_and_never_replaced(string content)
    {
        var file = _folder.Write("shop/token", content);

        _state
            .Invoking(s => s.EnsureToken())
            .Should()
            .Throw<UnreadableStateException>()
            .WithMessage($"The file {file} cannot be read: *");

        File.ReadAllText(file).Should().Be(content);
    }

    [Fact]
    public void Open_secrets_are_told_apart_by_what_gives_others()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        var kubeconfig = _folder.Write("shop/kubeconfig", "of a cluster elsewhere");
        var (key, values) = (
            _folder.Write("shop/secrets/secrets.key", "k"),
            _folder.Write("shop/secrets/secrets.enc", "v")
        );
        foreach (var file in new[] { kubeconfig, key, values })
        {
            Open(file);
        }

        _state.PutInOrder();
        _state.PutInOrder();

        _warnings.Should().HaveCount(2);
        _warnings
            .Single(w => w.Contains(kubeconfig))
            .Should()
            .EndWith("\n  platformctl destroy-local-platform\n  platformctl create-local-platform");
        _warnings.Single(w => w.Contains(key)).Should().Contain($"\n  rm {key} {values}\n");

        static void Open(string file)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherRead);
            }
        }
    }

    [Fact]
    public void What_is_not_there_is_absent_and_no_fault()
    {
        _state.ReadSettings().Should().BeNull();
        _state.ReadEndpoint().Should().BeNull();
        _state.ReadToken().Should().BeNull();
        _state.IsPlatforms.Should().BeFalse();
        _warnings.Should().BeEmpty();
    }

    [Fact]
    public void What_a_platform_is_made_with_is_remembered_as_a_whole()
    {
        var settings = new PlatformSettings(ClusterKind.Kind, "/workspace", Services: "none", Api: ApiPlaces.InCluster)
        {
            Kind = new KindOptions("node-pools", "node:1", "base:1", "platform:1"),
        };

        _state.WriteSettings(settings);

        _state.ReadSettings().Should().Be(settings);
        _state.IsPlatforms.Should().BeTrue();
    }

    [Fact]
    public void Another_workspace_is_refused_and_the_same_one_said_otherwise_is_not()
    {
        var workspace = Directory.CreateDirectory(Path.Combine(_folder.Path, "workspace")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), workspace);
        _state.WriteSettings(new PlatformSettings(ClusterKind.Kind, workspace));

        _state.Settle(workspace + "/").Cluster.Should().Be(ClusterKind.Kind);
        _state.Settle(Path.Combine(_folder.Path, "link")).Cluster.Should().Be(ClusterKind.Kind);
        _state
            .Invoking(s => s.Settle(_folder.Path))
            .Should()
            .Throw<Core.PlatformException>()
            .WithMessage($"The platform 'shop' has the workspace {workspace}, not *");
    }
}
