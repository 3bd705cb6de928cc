using PlatformLocal.Cli;

// Answered before anything else is loaded: scripts ask for it often.
if (args is ["--version"])
{
    Console.Out.WriteLine(PlatformCtl.Version);
    return ExitCodes.Done;
}

return await PlatformCtl.RunAsync(args);
