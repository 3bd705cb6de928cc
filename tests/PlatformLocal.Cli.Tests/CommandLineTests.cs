using PlatformLocal.Cli.Tests.Testing;

namespace PlatformLocal.Cli.Tests;

/// <summary>What needs no running platform.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string> Commands =>
        [
            "create-local-platform",
            "deploy-environment",
            "plan-environment",
            "destroy-environment",
            "list-environments",
            "get-environment",
            "platform-status",
            "doctor",
            "destroy-local-platform",
            "kubeconfig",
            "image",
            "artifact",
            "serve",
            "completion",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_with_examples(string command)
    {
        await using var program = new PlatformCtlProgram();

        var help = await program.RunAsync(command, "--help");

        help.ExitCode.Should().Be(0);
        help.Output.Should()
            .Contain("Usage:")
            .And.Contain("Examples:")
            .And.Contain("platformctl " + command)
            .And.Contain("Exit codes:");
    }

    [Theory]
    [InlineData("deploy-environment")]
    [InlineData("deploy-environment", "--file", "a", "--payload", "{}")]
    [InlineData("deploy-environment", "shop")]
    [InlineData("deploy-environment", "--rollback", "1")]
    [InlineData("deploy-environment", "shop", "--rollback", "first")]
    [InlineData("deploy-environment", "shop", "--rollback", "0")]
    [InlineData("deploy-environment", "shop", "--rollback", "1", "--upgrade")]
    [InlineData("deploy-environment", "shop", "--rollback", "1", "--payload", "{}")]
    [InlineData("get-environment")]
    [InlineData("no-such-command")]
    [InlineData("list-environments", "--output", "xml")]
    [InlineData("destroy-environment", "shop", "--timeout", "-1")]
    [InlineData("deploy-environment", "--payload", "{}", "--timeout", "0")]
    [InlineData("serve", "--port", "70000")]
    public async Task Wrong_usage_ends_with_2_and_points_to_the_help(params string[] arguments)
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync(arguments);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain("--help");
        outcome.Output.Should().BeEmpty();
    }

    [Theory]
    [InlineData("--environment", "kubeconfig", "--environment", "")]
    [InlineData("--file", "plan-environment", "--file", "")]
    [InlineData("--upgrade", "plan-environment", "--file", "a", "--upgrade", "")]
    [InlineData("--state", "platform-status", "--state", "")]
    [InlineData("--name", "--name", "", "list-environments")]
    public async Task An_option_without_its_value_is_told_by_its_name(string option, params string[] arguments)
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync(arguments);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain($"The option {option} is given an empty text").And.Contain("--help");
    }

    [Theory]
    [InlineData("There is no option '--files'. Did you mean --file?", "deploy-environment", "--files", "claim.json")]
    [InlineData("There is no option '--nam'. Did you mean --name?", "platform-status", "--nam", "x")]
    [InlineData("There is no option '--evn'.", "kubeconfig", "--evn=x")]
    [InlineData("There is no command 'deploy-envronment'. Did you mean d", "deploy-envronment", "--file", "x")]
    public async Task A_word_that_there_is_not_is_told_with_what_is_meant(string told, params string[] arguments)
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync(arguments);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().StartWith($"Error: {told}").And.Contain("--help");
        outcome.Error.TrimEnd().Split('\n').Should().HaveCount(2);
    }

    [Theory]
    [InlineData(
        "There is no option '--bogus'.",
        "platformctl deploy-environment --help",
        "deploy-environment",
        "--bogus"
    )]
    [InlineData("Required argument missing", "platformctl get-environment --help", "get-environment")]
    [InlineData(
        "--timeout is a number",
        "platformctl destroy-environment --help",
        "destroy-environment",
        "a",
        "--timeout",
        "0"
    )]
    [InlineData("There is no command 'nope'.", "platformctl --help", "nope")]
    [InlineData("Required command", "platformctl --help")]
    public async Task Wrong_usage_is_a_problem_document_as_every_failure_is(
        string told,
        string help,
        params string[] arguments
    )
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync([.. arguments, "-o", "json"]);

        outcome.ExitCode.Should().Be(2);
        outcome.Json["kind"]!.ToString().Should().Be("invalid_input");
        outcome.Json["detail"]!.ToString().Should().StartWith(told);
        outcome.Json["next_step"]!.ToString().Should().Be($"See: {help}");
        outcome.Error.Should().StartWith($"Error: {told}");
    }

    [Fact]
    public async Task A_cluster_that_there_is_not_is_refused()
    {
        await using var program = new PlatformCtlProgram();
        program.Environment["PLATFORM_CLUSTER"] = "moon";

        var outcome = await program.RunAsync("create-local-platform");

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain("no cluster 'moon'").And.Contain("embedded, kind, existing");
    }

    [Fact]
    public async Task A_folder_is_no_claim()
    {
        await using var program = new PlatformCtlProgram();
        var examples = Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples", "environments");

        var outcome = await program.RunAsync("deploy-environment", "--file", examples);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain($"{examples} is a folder").And.Contain("dev-local.json");
    }

    [Theory]
    [InlineData("{}", "It has no claims. Name a JSON file with an environment_name and services.")]
    [InlineData("""{"environment_name":"shop","services":{}}""", "Name one in it, such as --file ")]
    public async Task Of_a_folder_only_claims_are_named(string content, string told)
    {
        await using var program = new PlatformCtlProgram();
        var folder = Directory.CreateDirectory(Path.Combine(program.State, "some where")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.json"), "[1]", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "b.json"), "no JSON", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "c.json"), content, TestContext.Current.CancellationToken);

        var outcome = await program.RunAsync("deploy-environment", "--file", folder);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain(told).And.NotContain("a.json").And.NotContain("b.json");
        if (content != "{}")
        {
            outcome.Error.Should().Contain($"'{Path.Combine(folder, "c.json")}'", "the path has a space");
        }
    }

    [Theory]
    [InlineData("{\n \"environment_name\": ", "line 2")]
    [InlineData("{}", "environment_name: is required")]
    public async Task An_invalid_payload_ends_with_2_and_starts_nothing(string payload, string told)
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync("deploy-environment", "--payload", payload, "--output", "json");

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain(told).And.NotContain("   at ");
        outcome.Json["kind"]!.ToString().Should().Be("invalid_input");
        Directory.Exists(program.Folder).Should().BeFalse();
    }

    [Theory]
    [InlineData("platform-status")]
    [InlineData("list-environments")]
    [InlineData("get-environment", "x")]
    [InlineData("kubeconfig")]
    public async Task Without_a_platform_a_command_says_how_to_create_one(params string[] arguments)
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync(arguments);

        outcome.ExitCode.Should().Be(1);
        outcome.Error.Should().Contain("There is no platform 'local'").And.Contain("create-local-platform");
    }

    [Theory]
    [InlineData("'minoi' is no platform service; did you mean minio?", "kind", "--services", "minoi,qdrant")]
    [InlineData("an embedded cluster executes nothing and takes none", "embedded", "--services", "minio")]
    [InlineData("minio is a Helm chart", "kind", "--services", "minio", "--delivery", "direct")]
    [InlineData(
        "needs Kubernetes 1.33 or newer",
        "kind",
        "--services",
        "minio",
        "--node-image",
        "kindest/node:v1.20.2"
    )]
    public async Task Platform_services_that_cannot_be_had_are_refused_before_anything_is_made(
        string told,
        string cluster,
        params string[] options
    )
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync([
            "create-local-platform",
            "--cluster",
            cluster,
            "--workspace",
            Path.Combine(PlatformCtlProgram.RepositoryRoot, "examples"),
            .. options,
        ]);

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain(told).And.NotContain("   at ");
        Directory.Exists(program.Folder).Should().BeFalse();
    }

    [Fact]
    public async Task A_file_that_is_missing_is_told()
    {
        await using var program = new PlatformCtlProgram();

        var outcome = await program.RunAsync("deploy-environment", "--file", "/no/such/file.json");

        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain("There is no file /no/such/file.json.");
    }

    [Theory]
    [InlineData("bash", "complete ")]
    [InlineData("zsh", "#compdef platformctl")]
    public async Task Completion_scripts_are_printed(string shell, string part)
    {
        await using var program = new PlatformCtlProgram();

        (await program.RunAsync("completion", shell)).Output.Should().Contain(part);
    }

    [Fact]
    public async Task The_program_knows_its_commands_for_completion()
    {
        await using var program = new PlatformCtlProgram();

        var suggested = await program.RunAsync("[suggest:18]", "platformctl deploy");

        suggested.Output.Should().Contain("deploy-environment");
    }

    [Fact]
    public async Task Destroying_what_is_not_there_is_fine()
    {
        await using var program = new PlatformCtlProgram();

        (await program.RunAsync("destroy-local-platform")).ExitCode.Should().Be(0);
    }
}
