namespace PlatformLocal.EndToEnd.Tests;

/// <summary>Tests on Kind clusters: one at a time, for the sake of the machine.</summary>
[CollectionDefinition(Name)]
public sealed class KindTests : ICollectionFixture<RegistryLeftover>
{
    public const string Name = "kind";
}

/// <summary>The registry outlives the platforms that made it: here it goes with the tests, unless it was there before them.</summary>
public sealed class RegistryLeftover : IAsyncLifetime
{
    private bool _wasThere;

    public async ValueTask InitializeAsync() => _wasThere = await IsThereAsync();

    public async ValueTask DisposeAsync()
    {
        if (!_wasThere && await IsThereAsync())
        {
            await Programs.RunAsync("docker", "rm", "--force", "--volumes", "kind-registry");
        }
    }

    private static async Task<bool> IsThereAsync() =>
        await Programs.MissingForKindAsync() is null && (await Programs.ContainersAsync()).Contains("kind-registry");
}
