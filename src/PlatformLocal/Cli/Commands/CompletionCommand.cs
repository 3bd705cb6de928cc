namespace PlatformLocal.Cli.Commands;

internal sealed class CompletionCommand(SharedOptions shared)
    : CommandBase(
        shared,
        "completion",
        "Print a script that completes commands, options and environments.",
        "source <(platformctl completion bash)",
        "platformctl completion zsh > \"${fpath[1]}/_platformctl\""
    )
{
    // The program itself knows the words: the scripts only ask it.
    private const string Bash = """
        _platformctl() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _platformctl platformctl ./platformctl
        """;

    private const string Zsh = """
        #compdef platformctl
        _platformctl() {
          local -a words_
          words_=("${(@f)$(platformctl "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a words_
        }
        compdef _platformctl platformctl
        """;

    private readonly Argument<string> _shell = new Argument<string>("SHELL")
    {
        Description = "bash or zsh.",
    }.AcceptOnlyFromAmong("bash", "zsh");

    protected override IReadOnlyList<Symbol> Parameters => [_shell];

    protected override Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Console.Out.WriteLine(call.Get(_shell) == "zsh" ? Zsh : Bash);
        return Task.FromResult(ExitCodes.Done);
    }
}
