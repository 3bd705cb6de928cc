using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class ImageCommand(SharedOptions shared) : CommandBase(shared)
{
    private readonly Argument<string> _action = new Argument<string>("ACTION")
    {
        Description =
            "push: into the local registry, for every cluster; load: onto the nodes of this platform's cluster.",
    }.AcceptOnlyFromAmong("push", "load");

    private readonly Argument<string[]> _images = new("IMAGE")
    {
        Description = "An image that the Docker engine has.",
        Arity = ArgumentArity.OneOrMore,
    };

    public override string Name => "image";

    public override IReadOnlyList<string> Examples =>
        ["platformctl image push docker-releases/user-service:1.4.2", "platformctl image load my-service:dev"];

    protected override string Description => "Get locally built images into a platform on kind.";

    protected override void Configure(Command command)
    {
        command.Arguments.Add(_action);
        command.Arguments.Add(_images);
    }

    protected override async Task<int> RunAsync(
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        var state = Shared.StateOf(parsed);
        if (Shared.Parts.ClusterOf(state) is not { HasOthersBeside: true })
        {
            throw new PlatformException(
                $"The platform '{state.Platform}' has no Kind cluster: images go nowhere.",
                "The embedded platform takes every image as present; make a real one with: "
                    + "platformctl create-local-platform --cluster kind",
                kind: FailureKind.InvalidInput
            );
        }

        var isPush = parsed.GetValue(_action) == "push";
        var names = new List<string>();
        foreach (var image in parsed.GetValue(_images)!)
        {
            terminal.Say($"{(isPush ? "Pushing" : "Loading")} {image}");
            if (isPush)
            {
                names.Add(await Shared.Parts.Registry.PushAsync(image, cancellationToken));
            }
            else
            {
                await Shared.Parts.KindClusters.LoadImageAsync(state.Platform, image, cancellationToken);
                names.Add(image);
            }
        }

        if (terminal.IsJson)
        {
            terminal.Write(
                new JsonObject { ["images"] = new JsonArray([.. names.Select(n => JsonValue.Create(n))]) },
                PlatformJson.Indented.JsonObject
            );
        }
        else
        {
            names.ForEach(Console.Out.WriteLine);
        }

        return ExitCodes.Done;
    }
}
