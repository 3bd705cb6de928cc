using System.Text.Json.Nodes;
using PlatformLocal.Core;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes.Processes;
using PlatformLocal.Testing;

namespace PlatformLocal.Deployment.Tests.Ansible;

public sealed class AnsiblePlaybooksTests : IDisposable
{
    private const string Header = """
        - name: A play
          hosts: localhost
          gather_facts: false
          tasks:

        """;

    private const string Awkward = "it's \"quoted\" \\ {{ 6 * 7 }} #: é😀\tand\n\u2028 more";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _told = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Plays_and_tasks_are_told_and_variables_arrive()
    {
        SkipWithoutAnsible();
        string file = Path.Combine(_folder.Path, "written");

        var result = await RunAsync(
            "    - name: Write it\n      ansible.builtin.copy: {content: \"{{ greeting }}\", dest: \"{{ file }}\"}\n",
            new JsonObject { ["greeting"] = Awkward, ["file"] = file }
        );

        result.Should().Be(new PlaybookResult(Ok: 1, Changed: 1));
        _told.Should().Equal("A play", "Write it");
        (await File.ReadAllTextAsync(file, Token)).Should().Be(Awkward);
    }

    [Fact]
    public async Task A_check_changes_nothing()
    {
        SkipWithoutAnsible();
        string file = Path.Combine(_folder.Path, "written");

        var result = await RunAsync(
            "    - ansible.builtin.copy: {content: a, dest: \"{{ file }}\"}\n",
            new JsonObject { ["file"] = file },
            isCheck: true
        );

        result.Changed.Should().Be(1);
        File.Exists(file).Should().BeFalse();
    }

    [Fact]
    public async Task A_failure_names_task_host_and_what_the_program_said()
    {
        SkipWithoutAnsible();

        var fault = await FailAsync(
            "    - name: Look\n      ansible.builtin.command: \"{{ item }}\"\n      loop: [\"true\", \"ls /not-there\"]\n"
        );

        fault.Task.Should().Be("Look");
        fault
            .Message.Should()
            .Contain("task 'Look' on localhost: ls /not-there: non-zero return code")
            .And.Contain("No such file or directory");
        fault.NextStep.Should().Contain("ansible-playbook");
        fault.IsNotInstalled.Should().BeFalse();
    }

    [Fact]
    public async Task A_hidden_failure_stays_hidden()
    {
        SkipWithoutAnsible();

        var fault = await FailAsync(
            "    - name: Secret\n      ansible.builtin.command: \"false {{ password }}\"\n      no_log: true\n",
            new JsonObject { ["password"] = "hunter2" }
        );

        fault.Message.Should().Contain("Secret").And.NotContain("hunter2");
    }

    [Fact]
    public async Task A_missing_collection_is_told_with_what_to_install()
    {
        SkipWithoutAnsible();

        var fault = await FailAsync("    - not.there.module: {}\n");

        fault.IsNotInstalled.Should().BeTrue();
        fault.Message.Should().Contain("not.there.module");
        fault.NextStep.Should().Contain("python3-kubernetes");
    }

    [Fact]
    public async Task A_playbook_that_takes_too_long_is_stopped()
    {
        SkipWithoutAnsible();
        string playbook = _folder.Write(
            "site.yml",
            Header + "    - name: Wait\n      ansible.builtin.command: sleep 60\n"
        );

        var run = () =>
            Playbooks()
                .RunAsync(new PlaybookRun { Playbook = playbook, Timeout = TimeSpan.FromSeconds(3) }, _ => { }, Token);

        (await run.Should().ThrowAsync<ProgramException>()).Which.Kind.Should().Be(FailureKind.NotReadyInTime);
    }

    [Fact]
    public async Task The_host_playbook_checks_a_machine_without_changing_it()
    {
        SkipWithoutAnsible();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may look at all that the playbook looks at");
        string before = Directory.Exists("/etc/sysctl.d") ? string.Join(' ', Directory.GetFiles("/etc/sysctl.d")) : "";

        var result = await Playbooks()
            .RunAsync(
                new PlaybookRun { Playbook = Path.Combine(Repository.Root, "playbooks", "host.yml"), IsCheck = true },
                _told.Add,
                Token
            );

        result.Ok.Should().BeGreaterThanOrEqualTo(2);
        _told.Should().Contain(["Host preparation", "Limits", "Modules"]);
        (Directory.Exists("/etc/sysctl.d") ? string.Join(' ', Directory.GetFiles("/etc/sysctl.d")) : "")
            .Should()
            .Be(before);
    }

    internal static void SkipWithoutAnsible() =>
        Assert.SkipUnless(AnsiblePlaybooks.IsInstalled, "ansible-playbook is not installed");

    private static AnsiblePlaybooks Playbooks() => new(new ProgramRunner(TimeProvider.System));

    private Task<PlaybookResult> RunAsync(string tasks, JsonObject? variables = null, bool isCheck = false) =>
        Playbooks()
            .RunAsync(
                new PlaybookRun
                {
                    Playbook = _folder.Write("site.yml", Header + tasks),
                    Variables = variables ?? [],
                    IsCheck = isCheck,
                },
                _told.Add,
                Token
            );

    private async Task<PlaybookException> FailAsync(string tasks, JsonObject? variables = null)
    {
        Func<Task> run = () => RunAsync(tasks, variables);
        return (await run.Should().ThrowAsync<PlaybookException>()).Which;
    }
}
