using System.Text;
using PlatformLocal.Core;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;
using PlatformLocal.Deployment.ObjectStore;

namespace PlatformPipelines;

/// <summary>Makes the bucket of static environments what a folder of claims is.</summary>
/// <param name="store">Where the bucket is.</param>
internal sealed class StaticEnvironments(IObjectStore store)
{
    private const string Bucket = "static-environments";

    /// <summary>Writes every claim of the folder, and removes what has none there any more.</summary>
    /// <param name="claims">The folder with <c>NAME.json</c> files.</param>
    /// <param name="cancellationToken">Stops; the next run goes on.</param>
    /// <returns>The names of the environments.</returns>
    /// <exception cref="PlatformException">A file is no claim, or is called otherwise: nothing is written then.</exception>
    public async Task<IReadOnlyList<string>> PublishAsync(Directory claims, CancellationToken cancellationToken)
    {
        var wanted = await ReadAsync(claims, cancellationToken);
        var there = await store.ListAsync(Bucket, cancellationToken); // makes the bucket where there is none
        foreach (var (key, claim) in wanted)
        {
            await store.PutAsync(Bucket, key, Encoding.UTF8.GetBytes(claim), WriteCondition.None, cancellationToken);
        }

        foreach (var one in there.Where(o => !wanted.ContainsKey(o.Key)))
        {
            await store.DeleteAsync(Bucket, one.Key, WriteCondition.None, cancellationToken);
        }

        return [.. wanted.Keys.Select(k => System.IO.Path.GetFileNameWithoutExtension(k))];
    }

    /// <summary>The claims by their keys, all read before the first is written.</summary>
    public static async Task<SortedDictionary<string, string>> ReadAsync(
        Directory claims,
        CancellationToken cancellationToken
    )
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<Fault>();
        foreach (var file in await claims.GlobAsync("*.json", cancellationToken))
        {
            var text = await claims.File(file).ContentsAsync(cancellationToken);
            try
            {
                var name = Payload.NameIn(JsonText.ParseObject(text, file));
                if (file != name + ".json")
                {
                    faults.Add(new Fault(file, $"must be called {name}.json, after its environment_name"));
                }
            }
            catch (PlatformException e)
            {
                faults.Add(new Fault(file, e.Message));
            }

            found[file] = text;
        }

        return faults.Count == 0 ? found : throw new InvalidDocumentException("the folder of claims", faults);
    }
}
