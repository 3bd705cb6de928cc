using PlatformLocal.Deployment.Manifests;
using PlatformLocal.Server.Environments;
using PlatformLocal.Server.Reconciliation;
using PlatformLocal.Server.Status;

namespace PlatformLocal.Server.Composition;

/// <summary>From a claim to a ready environment, and who does it: this process, or the replica that leads.</summary>
internal static class ReconciliationServices
{
    public static IServiceCollection AddReconciliation(this IServiceCollection services, ServeOptions options)
    {
        services
            .AddSingleton(_ => new ServiceResolution(
                options.State.Sources,
                new ProgramRunner(options.Time),
                options.Time
            ))
            .AddSingleton(p => new ManifestRenderer(
                new KubectlKustomize(new ProgramRunner(options.Time)).BuildAsync,
                async (apiVersion, kind, token) =>
                    (
                        await p.GetRequiredService<KubernetesClient>().Resources.MapAsync(apiVersion, kind, token)
                    ).IsNamespaced,
                (name, service, token) =>
                    EnvironmentSecrets.OfAsync(p.GetRequiredService<EncryptedFileSecretStore>(), name, service, token)
            ))
            .AddSingleton<EnvironmentFeed>()
            .AddSingleton<EnvironmentStatus>()
            .AddSingleton<ClaimCompiler>()
            .AddSingleton<EnvironmentUpdates>()
            .AddSingleton<EnvironmentReconciliation>()
            .AddSingleton<Reconciler>()
            .AddSingleton<Rollbacks>()
            .AddSingleton<EnvironmentWriter>();
        if (options.Replica is not { } replica)
        {
            return services.AddHostedService<ReconcilerService>();
        }

        services
            .AddSingleton(p => new LeaderElection(
                p.GetRequiredService<KubernetesClient>(),
                replica.Election,
                options.Time
            ))
            .AddSingleton(p => new LeaderForwarding(p.GetRequiredService<LeaderElection>(), replica.Token))
            .AddSingleton<LeadershipService>()
            .AddSingleton<IHostedService>(p => p.GetRequiredService<LeadershipService>());
        return services;
    }
}
