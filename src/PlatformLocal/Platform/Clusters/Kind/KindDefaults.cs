using PlatformLocal.Deployment.Workspaces;

namespace PlatformLocal.Platform.Clusters.Kind;

/// <summary>What Kind clusters and their registry are made with unless something else is asked for.</summary>
public static class KindDefaults
{
    /// <summary>The name of the built-in configuration.</summary>
    public const string Configuration = "local";

    /// <summary>The name of the registry's container, which is also its host name on the network of kind.</summary>
    public const string Registry = "kind-registry";

    /// <summary>The registry's image.</summary>
    public const string RegistryImage = "registry:3";

    /// <summary>The port on 127.0.0.1 that images are pushed to.</summary>
    public const int RegistryPort = Workspace.LocalRegistryPort;

    /// <summary>The port of the nodes that leads to a Platform API in the cluster.</summary>
    public const int PlatformApiPort = 30080;
}
