using PlatformLocal.Cli.Rendering;

namespace PlatformLocal.Cli.Commands;

internal sealed class CompletionCommand(SharedOptions shared) : CommandBase(shared)
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

    public override string Name => "completion";

    public override IReadOnlyList<string> Examples =>
        ["source <(platformctl completion bash)", "platformctl completion zsh > \"${fpath[1]}/_platformctl\""];

    protected override string Description => "Print a script that completes commands, options and environments.";

    protected override void Configure(Command command) => command.Arguments.Add(_shell);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Console.Out.WriteLine(parsed.GetValue(_shell) == "zsh" ? Zsh : Bash);
        return Task.FromResult(ExitCodes.Done);
    }
}
