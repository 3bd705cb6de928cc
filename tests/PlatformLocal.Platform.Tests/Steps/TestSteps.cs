using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Tests.Steps;

/// <summary>Graphs of steps for tests.</summary>
internal static class TestSteps
{
    /// <summary>Graphs without circles: each step depends on some of those before it, and they are given shuffled.</summary>
    public static Gen<IReadOnlyDictionary<string, string[]>> Graphs { get; } =
        from count in Gen.Choose(1, 10)
        from bits in Gen.ArrayOf(Gen.Choose(0, 3), count * count)
        from shuffle in Gen.ArrayOf(Gen.Choose(0, 1000), count)
        select (IReadOnlyDictionary<string, string[]>)
            Enumerable
                .Range(0, count)
                .OrderBy(i => shuffle[i])
                .ToDictionary(
                    i => $"s{i}",
                    i => Enumerable.Range(0, i).Where(j => bits[i * count + j] == 0).Select(j => $"s{j}").ToArray()
                );

    public static IEnumerable<Step> Of(
        IReadOnlyDictionary<string, string[]> dependencies,
        Func<string, CancellationToken, Task>? run = null
    ) => dependencies.Select(d => One(d.Key, d.Value, run));

    public static IEnumerable<Step> Of(params (string Name, string DependsOn)[] steps) =>
        steps.Select(s => One(s.Name, s.DependsOn.Split(' ', StringSplitOptions.RemoveEmptyEntries), null));

    private static Step One(string name, string[] dependsOn, Func<string, CancellationToken, Task>? run) =>
        new()
        {
            Name = name,
            DependsOn = dependsOn,
            RunAsync = (_, token) => run?.Invoke(name, token) ?? Task.CompletedTask,
        };
}
