using System.Reflection;
using Pipelines.Queries;

namespace Pipelines.Modules;

/// <summary>Makes an object of the engine whose type is known only at run time.</summary>
internal static class Loading
{
    private static readonly MethodInfo s_load = typeof(Query).GetMethod(nameof(Query.Load))!;

    public static Func<Query, string, object> Of(Type type) =>
        (query, id) =>
            s_load.MakeGenericMethod(type).Invoke(query, BindingFlags.DoNotWrapExceptions, null, [id], null)!;
}
