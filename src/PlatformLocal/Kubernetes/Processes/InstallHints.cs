namespace PlatformLocal.Kubernetes.Processes;

/// <summary>What to install when a program is missing.</summary>
internal static class InstallHints
{
    public static string For(string program) =>
        Path.GetFileNameWithoutExtension(program) switch
        {
            "kubectl" => "Install kubectl: https://kubernetes.io/docs/tasks/tools/",
            "git" => "Install git: https://git-scm.com/downloads",
            "docker" => "Install Docker: https://docs.docker.com/get-docker/",
            "kind" => "Install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
            "helm" => "Install Helm: https://helm.sh/docs/intro/install/",
            "flux" => "Install Flux: https://fluxcd.io/flux/installation/",
            "ansible-playbook" or "ansible" =>
                $"Install Ansible, for instance with: {ShellCommand.Of("pipx", "install", "--include-deps", "ansible")}",
            _ => $"Install {program} and make sure that it is in PATH.",
        };
}
