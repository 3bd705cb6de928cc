using PlatformLocal.Client;
using PlatformLocal.Core.Documents;
using PlatformLocal.Deployment.Ansible;
using PlatformLocal.Kubernetes;
using PlatformLocal.Server.Tests.Testing;

namespace PlatformLocal.Server.Tests;

/// <summary>A service's own playbook, run by a real Ansible on the embedded cluster.</summary>
public sealed class ServicePlaybookTests
{
    private const string Playbook = """
        - name: Settings
          hosts: localhost
          gather_facts: false
          tasks:
            - name: Write the settings
              kubernetes.core.k8s:
                apply: true
                definition:
                  apiVersion: v1
                  kind: ConfigMap
                  metadata: {name: "{{ SERVICE_NAME }}-settings", namespace: "{{ NAMESPACE }}"}
                  data:
                    greeting: "{{ GREETING }}"
                    environment: "{{ ENVIRONMENT_NAME }} {{ SERVICE_VERSION }}"

        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_runs_with_the_variables_of_manifests_and_only_when_something_changed()
    {
        SkipWithoutAnsible();
        await using var platform = await TestPlatform.StartAsync();
        platform.WritePlaybook("auth", Playbook);
        using var client = KubernetesClient.FromKubeconfig(platform.State.Kubeconfig);
        var settings = new ObjectReference("v1", "ConfigMap", "env-login", "auth-settings");

        var first = await platform.DeployAsync(Login("{{ 6 * 7 }} \\u00e9\\ud83d\\ude00"));
        first.Phase.Should().Be(EnvironmentPhase.Ready, first.Message);
        var made = await client.GetAsync(settings, Token);
        await client.DeleteAsync(settings, null, Token);
        var same = await platform.DeployAsync(Login("{{ 6 * 7 }} \\u00e9\\ud83d\\ude00"));
        var afterSame = await client.FindAsync(settings, Token);
        var changed = await platform.DeployAsync(Login("hello"));
        var afterChange = await client.GetAsync(settings, Token);

        ((string?)made["data"]!["greeting"]).Should().Be("{{ 6 * 7 }} é😀", "a claim's text is never evaluated");
        ((string?)made["data"]!["environment"]).Should().Be("login 2.0.0");
        same.Phase.Should().Be(EnvironmentPhase.Ready, same.Message);
        afterSame.Should().BeNull("the playbook had nothing to do");
        changed.Phase.Should().Be(EnvironmentPhase.Ready, changed.Message);
        ((string?)afterChange["data"]!["greeting"]).Should().Be("hello");
    }

    [Fact]
    public async Task Its_failure_is_the_service_s_with_the_task_and_it_is_tried_again()
    {
        SkipWithoutAnsible();
        await using var platform = await TestPlatform.StartAsync();
        const string playbook = """
            - name: Checks
              hosts: localhost
              gather_facts: false
              tasks:
                - name: Look for the license
                  ansible.builtin.fail: {msg: "there is no license"}

            """;
        platform.WritePlaybook("auth", playbook);

        var failed = await platform.DeployAsync(Login("a"));
        platform.WritePlaybook("auth", playbook.Replace("ansible.builtin.fail", "ansible.builtin.debug"));
        var repaired = await platform.DeployAsync(Login("a"));

        failed.Phase.Should().Be(EnvironmentPhase.Failed);
        failed.Message.Should().Contain("task 'Look for the license' on localhost: there is no license");
        failed.Services.Single().Phase.Should().Be(ServicePhase.Failed);
        repaired.Phase.Should().Be(EnvironmentPhase.Ready, repaired.Message);
    }

    [Fact]
    public async Task One_that_is_missing_refuses_the_claim_before_anything_is_made()
    {
        await using var platform = await TestPlatform.StartAsync();
        platform.WritePlaybook("auth", "- hosts: localhost\n");
        File.Delete(Path.Combine(platform.Workspace, "services", "auth", "ansible", "site.yml"));

        Func<Task> deploy = () => platform.DeployAsync(Login("a"));

        (await deploy.Should().ThrowAsync<InvalidDocumentException>())
            .Which.Faults.Single()
            .Path.Should()
            .Be("spec.playbook");
        (await platform.Api.FindAsync("login", Token)).Should().BeNull();
    }

    private static string Login(string greeting) =>
        $$"""{"environment_name":"login","services":{"auth":"*"},"variables":{"GREETING":"{{greeting}}"} }""";

    private static void SkipWithoutAnsible() =>
        Assert.SkipUnless(AnsiblePlaybooks.IsInstalled, "ansible-playbook is not installed");
}
