using PlatformLocal.Core.Versions;

namespace PlatformLocal.Core.Resolution;

/// <summary>
/// Chooses one version for every service that is asked for and for everything these depend on: the newest that all
/// constraints accept, taking an older one only where the newest leads into a conflict.
/// </summary>
public static class Resolver
{
    /// <summary>Resolves services and their dependencies without regard to an earlier lock.</summary>
    /// <param name="catalogue">Everything there is.</param>
    /// <param name="roots">The services that are asked for, with the versions that are acceptable.</param>
    /// <param name="useDevTags">Prefer development builds, newest first, over releases.</param>
    /// <exception cref="PlatformException">No choice of versions satisfies all constraints; says why.</exception>
    public static ResolvedServices Resolve(
        Catalogue catalogue,
        IReadOnlyDictionary<string, VersionConstraint> roots,
        bool useDevTags
    ) => Resolve(catalogue, roots, new ResolutionOptions { UseDevTags = useDevTags });

    /// <summary>Resolves services and their dependencies.</summary>
    /// <param name="catalogue">Everything there is.</param>
    /// <param name="roots">The services that are asked for, with the versions that are acceptable.</param>
    /// <param name="options">What is preferred.</param>
    /// <exception cref="PlatformException">No choice of versions satisfies all constraints; says why.</exception>
    public static ResolvedServices Resolve(
        Catalogue catalogue,
        IReadOnlyDictionary<string, VersionConstraint> roots,
        ResolutionOptions options
    )
    {
        IReadOnlyDictionary<string, ServiceState> chosen;
        try
        {
            chosen = Solver.Solve(catalogue, roots, options);
        }
        catch (UnsolvableException e)
        {
            throw FailureExplanation.Of(e, catalogue, options.UseDevTags);
        }

        var dependencies = chosen.Values.ToDictionary(
            s => s.Name,
            IReadOnlyList<string> (s) =>
            {
                string[] names = [.. s.DependenciesOf(s.Chosen).Keys];
                Array.Sort(names, StringComparer.Ordinal);
                return names;
            },
            StringComparer.Ordinal
        );
        var reasons = new Reasons(chosen, roots, options);
        var (order, circles) = StartOrder.Of(dependencies);
        return new ResolvedServices([
            .. order.Select(name =>
                ToResolved(catalogue.Services[name], chosen[name]) with
                {
                    Reason = reasons.Of(chosen[name]),
                    DependsOn = dependencies[name],
                }
            ),
        ])
        {
            Circles = circles,
        };
    }

    private static ResolvedService ToResolved(CatalogueService service, ServiceState state)
    {
        var version = state.Candidates[state.Chosen];
        var isDevVersion = state.Candidates.IsDevVersion(state.Chosen);
        return new ResolvedService
        {
            Definition = service.DefinitionOf(version),
            Version = version,
            EqualInOrder = state.Candidates.SameAs(state.Chosen),
            IsDevVersion = isDevVersion,
            ImageRepository = isDevVersion ? service.DevImages.GetValueOrDefault(version) : null,
            Reason = "",
            DependsOn = [],
        };
    }
}
