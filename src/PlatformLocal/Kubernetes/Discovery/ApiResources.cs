using System.Collections.Immutable;
using PlatformLocal.Kubernetes.Transport;

namespace PlatformLocal.Kubernetes.Discovery;

/// <summary>Knows where each kind is served: asks the server when a group is first needed, and once more for an unknown kind.</summary>
public sealed class ApiResources : IDisposable
{
    private readonly ApiTransport _transport;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Snapshot _snapshot = Snapshot.Empty;

    internal ApiResources(ApiTransport transport) => _transport = transport;

    /// <summary>Where a kind is served.</summary>
    /// <param name="apiVersion">Group and version.</param>
    /// <param name="kind">Kind.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="UnknownKindException">The server does not serve it, even after asking anew.</exception>
    public async ValueTask<ResourceMapping> MapAsync(
        string apiVersion,
        string kind,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(apiVersion, kind, cancellationToken)
        ?? throw new UnknownKindException(
            apiVersion,
            kind,
            NearestKinds.Find(apiVersion, kind, await ListAsync(cancellationToken))
        );

    /// <summary>Where a kind is served, if it is.</summary>
    /// <param name="apiVersion">Group and version.</param>
    /// <param name="kind">Kind.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The mapping, or <see langword="null"/> when the server does not serve the kind, even after asking anew.</returns>
    public async ValueTask<ResourceMapping?> FindAsync(
        string apiVersion,
        string kind,
        CancellationToken cancellationToken
    )
    {
        Snapshot before = _snapshot;
        if (before.Find(apiVersion, kind) is { } known)
        {
            return known;
        }
        using IDisposable turn = await _gate.TakeTurnAsync(cancellationToken);
        if (!_snapshot.Kinds.ContainsKey(apiVersion))
        {
            _snapshot = await LoadAsync(_snapshot, apiVersion, cancellationToken);
        }
        else if (ReferenceEquals(_snapshot, before))
        {
            // Nobody asked anew while this call waited: a CRD may have been made since.
            _snapshot = await LoadAsync(Snapshot.Empty, apiVersion, cancellationToken);
        }
        return _snapshot.Find(apiVersion, kind);
    }

    /// <summary>All kinds the server serves; groups whose own server does not answer are left out.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<IReadOnlyList<ResourceMapping>> ListAsync(CancellationToken cancellationToken)
    {
        using IDisposable turn = await _gate.TakeTurnAsync(cancellationToken);
        _snapshot = await LoadAllAsync(cancellationToken);
        return [.. _snapshot.Kinds.Values.SelectMany(kinds => kinds)];
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<Snapshot> LoadAsync(Snapshot snapshot, string apiVersion, CancellationToken cancellationToken)
    {
        string root = RootOf(apiVersion);
        if (!snapshot.Versions.ContainsKey(root))
        {
            snapshot = await LoadRootAsync(snapshot, root, cancellationToken);
        }
        return snapshot.Kinds.ContainsKey(apiVersion)
            ? snapshot
            : snapshot.With(apiVersion, await LoadVersionAsync(root, apiVersion, cancellationToken));
    }

    private async Task<Snapshot> LoadRootAsync(Snapshot snapshot, string root, CancellationToken cancellationToken)
    {
        JsonObject document = await GetAsync(root, cancellationToken);
        if (document.Text("kind") != "APIGroupDiscoveryList")
        {
            return snapshot with
            {
                Versions = snapshot.Versions.SetItem(root, [.. DiscoveryDocuments.ReadVersions(document)]),
            };
        }
        (string ApiVersion, ResourceMapping[] Kinds)[] groups = [.. DiscoveryDocuments.ReadAggregated(document)];
        snapshot = snapshot with
        {
            Versions = snapshot.Versions.SetItem(root, [.. groups.Select(group => group.ApiVersion)]),
        };
        return groups.Aggregate(snapshot, (all, group) => all.With(group.ApiVersion, group.Kinds));
    }

    private async Task<ResourceMapping[]> LoadVersionAsync(
        string root,
        string apiVersion,
        CancellationToken cancellationToken
    )
    {
        try
        {
            JsonObject document = await GetAsync($"{root}/{apiVersion}", cancellationToken);
            return DiscoveryDocuments.ReadResources(apiVersion, document);
        }
        catch (KubernetesException fault) when (fault.IsNotFound)
        {
            return [];
        }
    }

    private async Task<Snapshot> LoadAllAsync(CancellationToken cancellationToken)
    {
        Snapshot snapshot = await LoadRootAsync(Snapshot.Empty, "/api", cancellationToken);
        snapshot = await LoadRootAsync(snapshot, "/apis", cancellationToken);
        string[] missing =
        [
            .. snapshot
                .Versions.Values.SelectMany(versions => versions)
                .Where(version => !snapshot.Kinds.ContainsKey(version)),
        ];
        ResourceMapping[]?[] loaded = await Task.WhenAll(missing.Select(TryLoadAsync));
        foreach ((string version, ResourceMapping[]? kinds) in missing.Zip(loaded))
        {
            snapshot = kinds is null ? snapshot : snapshot.With(version, kinds);
        }
        return snapshot;

        async Task<ResourceMapping[]?> TryLoadAsync(string version)
        {
            try
            {
                return await LoadVersionAsync(RootOf(version), version, cancellationToken);
            }
            catch (KubernetesException fault) when (fault.Code >= 500)
            {
                return null; // An aggregated API whose server is down must not hide all others.
            }
        }
    }

    private async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken)
    {
        var request = new ApiRequest(HttpMethod.Get, path, "list the kinds the cluster serves")
        {
            Accept = DiscoveryDocuments.Accept,
            IsRepeatable = true,
        };
        using HttpResponseMessage response = await _transport.SendAsync(request, cancellationToken);
        return await JsonBody.ReadAsync(response, request.What, cancellationToken);
    }

    private static string RootOf(string apiVersion) => ApiGroup.Of(apiVersion).Length == 0 ? "/api" : "/apis";

    /// <summary>What is known at one moment.</summary>
    /// <param name="Versions">The group versions below <c>/api</c> and <c>/apis</c>.</param>
    /// <param name="Kinds">The kinds of the group versions that were loaded.</param>
    private sealed record Snapshot(
        ImmutableDictionary<string, ImmutableArray<string>> Versions,
        ImmutableDictionary<string, ImmutableArray<ResourceMapping>> Kinds
    )
    {
        public static readonly Snapshot Empty = new(
            ImmutableDictionary<string, ImmutableArray<string>>.Empty,
            ImmutableDictionary<string, ImmutableArray<ResourceMapping>>.Empty
        );

        public ResourceMapping? Find(string apiVersion, string kind) =>
            Kinds.TryGetValue(apiVersion, out ImmutableArray<ResourceMapping> kinds)
                ? kinds.FirstOrDefault(mapping => mapping.Kind == kind)
                : null;

        public Snapshot With(string apiVersion, ResourceMapping[] kinds) =>
            this with
            {
                Kinds = Kinds.SetItem(apiVersion, [.. kinds]),
            };
    }
}
