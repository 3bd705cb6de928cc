using Pipelines.Api;

namespace Pipelines.Blocks;

/// <summary>Runs Ansible playbooks.</summary>
/// <param name="Client">The engine.</param>
/// <param name="Playbooks">The folder with playbooks and roles.</param>
public sealed record AnsibleRun(DaggerClient Client, Directory Playbooks)
{
    /// <summary>The image with the program <c>ansible-playbook</c>.</summary>
    /// <value>A fixed version unless set.</value>
    public string Image { get; init; } = "docker.io/alpine/ansible:2.18.1";

    /// <summary>The key to sign in to hosts with.</summary>
    public Secret? PrivateKey { get; init; }

    /// <summary>After a playbook ran.</summary>
    /// <param name="playbook">The playbook's path in the folder.</param>
    /// <param name="inventory">The inventory: a path in the folder, or hosts with a comma at the end.</param>
    /// <param name="variables">Variables of the playbook as JSON; they are given in a file.</param>
    /// <param name="time">The clock: a playbook runs on every call.</param>
    public Container Play(string playbook, string inventory, string variables, TimeProvider time) =>
        Client
            .Container()
            .From(Image)
            .WithDirectory("/playbooks", Playbooks)
            .WithWorkdir("/playbooks")
            .WithNewFile("/run/variables.json", variables)
            .With(c => PrivateKey is null ? c : c.WithMountedSecret("/run/key", PrivateKey))
            .WithoutCachedResults(time)
            .WithExec([
                "ansible-playbook",
                "--inventory",
                inventory,
                "--extra-vars",
                "@/run/variables.json",
                .. PrivateKey is null ? Array.Empty<string>() : ["--private-key", "/run/key"],
                playbook,
            ]);
}
