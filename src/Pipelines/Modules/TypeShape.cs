using System.Reflection;
using Pipelines.Queries;

namespace Pipelines.Modules;

/// <summary>What a type of a function is to the engine.</summary>
internal enum ShapeKind
{
    Text,
    WholeNumber,
    Number,
    Flag,
    Nothing,
    Member,
    EngineObject,
    ModuleObject,
    List,
}

/// <summary>A type that may cross between the engine and a function.</summary>
/// <param name="Kind">What it is to the engine.</param>
/// <param name="Type">The type itself, without <c>Task</c> and <c>?</c>.</param>
/// <param name="IsOptional">Whether it may be <see langword="null"/>.</param>
/// <param name="Element">What a list is of.</param>
internal sealed record TypeShape(ShapeKind Kind, Type Type, bool IsOptional, TypeShape? Element = null)
{
    /// <summary>The name of an engine's or a module's type.</summary>
    public string Name =>
        Kind == ShapeKind.EngineObject
            ? (string)Type.GetProperty("TypeName", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!
            : Type.Name;

    /// <summary>What people call it.</summary>
    public string Words =>
        Kind switch
        {
            ShapeKind.Text => "a text",
            ShapeKind.WholeNumber => "a whole number",
            ShapeKind.Number => "a number",
            ShapeKind.Flag => "true or false",
            ShapeKind.Member => "one of " + string.Join(", ", Enum.GetNames(Type).Select(EngineNames.Upper)),
            ShapeKind.EngineObject => $"the id of a {Name}",
            ShapeKind.ModuleObject => $"a {Name}",
            ShapeKind.List => $"a list, each {Element!.Words}",
            _ => "nothing",
        };

    /// <summary>The shape of a type, or <see langword="null"/> when it cannot cross.</summary>
    public static TypeShape? Of(Type type, NullabilityInfo? nullability)
    {
        if (type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask))
        {
            return new TypeShape(ShapeKind.Nothing, typeof(void), IsOptional: true);
        }

        if (
            type.IsGenericType
            && (
                type.GetGenericTypeDefinition() == typeof(Task<>)
                || type.GetGenericTypeDefinition() == typeof(ValueTask<>)
            )
        )
        {
            return Of(type.GenericTypeArguments[0], nullability?.GenericTypeArguments[0]);
        }

        var isOptional = nullability?.ReadState == NullabilityState.Nullable;
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Of(inner, null) is { } given ? given with { IsOptional = true } : null;
        }

        if (KindOf(type) is { } kind)
        {
            return new TypeShape(kind, type, isOptional);
        }

        return
            ElementOf(type) is { } element
            && Of(element, type.IsArray ? nullability?.ElementType : nullability?.GenericTypeArguments[0])
                is { Kind: not ShapeKind.Nothing } shape
            ? new TypeShape(ShapeKind.List, type, isOptional, shape)
            : null;
    }

    private static ShapeKind? KindOf(Type type) =>
        type == typeof(string) ? ShapeKind.Text
        : type == typeof(int) || type == typeof(long) ? ShapeKind.WholeNumber
        : type == typeof(double) || type == typeof(float) ? ShapeKind.Number
        : type == typeof(bool) ? ShapeKind.Flag
        : type.IsEnum ? ShapeKind.Member
        : typeof(EngineObject).IsAssignableFrom(type) && !type.IsAbstract ? ShapeKind.EngineObject
        : type.IsDefined(typeof(DaggerObjectAttribute), inherit: false) ? ShapeKind.ModuleObject
        : null;

    private static Type? ElementOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType
        && type.GenericTypeArguments is [var element]
        && type.IsAssignableFrom(typeof(List<>).MakeGenericType(element))
            ? element
        : null;
}
