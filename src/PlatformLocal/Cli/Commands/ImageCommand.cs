namespace PlatformLocal.Cli.Commands;

internal sealed class ImageCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "image",
        "Get locally built images into a platform on kind.",
        "platformctl image push docker-releases/user-service:1.4.2",
        "platformctl image load my-service:dev"
    )
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

    protected override IReadOnlyList<Symbol> Parameters => [_action, _images];

    protected override async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        var state = call.State;
        if (call.Parts.ClusterOf(state) is not { HasOthersBeside: true })
        {
            throw new PlatformException(
                FailureKind.InvalidInput,
                $"The platform '{state.Platform}' has no Kind cluster: images go nowhere.",
                "The embedded platform takes every image as present; make a real one beside it with: "
                    + ShellCommand.Of("platformctl", "create-local-platform", "--cluster", "kind", "--name", "real")
            );
        }

        var isPush = call.Get(_action) == "push";
        var names = new List<string>();
        foreach (var image in call.Get(_images)!)
        {
            call.Terminal.Say($"{(isPush ? "Pushing" : "Loading")} {image}");
            if (isPush)
            {
                names.Add(await call.Parts.Registry.PushAsync(image, cancellationToken));
            }
            else
            {
                await call.Parts.KindClusters.LoadImageAsync(state.Platform, image, cancellationToken);
                names.Add(image);
            }
        }

        call.Terminal.Show(
            new JsonObject { ["images"] = new JsonArray([.. names.Select(n => JsonValue.Create(n))]) },
            PlatformJson.Indented.JsonObject,
            _ => names.ForEach(call.Terminal.Line)
        );
        return ExitCodes.Done;
    }
}
