using System.Text.Json;
using Pipelines.Api;
using Pipelines.Tests.Testing;
using PlatformLocal.Testing;

namespace Pipelines.Tests.Modules;

/// <summary>The example module as a published program, called in the engine's order.</summary>
public sealed class HelloModuleTests(LoopbackEngine engine) : IClassFixture<LoopbackEngine>
{
    [Fact]
    public async Task A_module_describes_itself_with_its_documentation_comments()
    {
        var description = await (await CallAsync()).DescribeAsync();

        var hello = ObjectOf(description, "Hello");
        description.GetProperty("description").GetString().Should().StartWith("Greets, in as many ways");
        hello.GetProperty("fields").EnumerateArray().Select(NameOf).Should().Equal("greeting");
        hello
            .GetProperty("functions")
            .EnumerateArray()
            .Select(NameOf)
            .Should()
            .Equal("greet", "excited", "cards", "say", "countLines", "measure", "isPolite");
        var greet = FunctionOf(hello, "greet");
        greet.GetProperty("description").GetString().Should().Be("A greeting.");
        var arguments = greet.GetProperty("args").EnumerateArray().ToList();
        arguments.Select(NameOf).Should().Equal("name", "tone", "times");
        arguments[0].GetProperty("description").GetString().Should().Be("Who is greeted.");
        arguments[1].GetProperty("defaultValue").GetString().Should().Be("\"FRIENDLY\"");
        arguments[2].GetProperty("defaultValue").GetString().Should().Be("1");
        description
            .GetProperty("enums")[0]
            .GetProperty("members")
            .EnumerateArray()
            .Select(NameOf)
            .Should()
            .Equal("FRIENDLY", "VERY_LOUD");
    }

    [Fact]
    public async Task A_module_registers_in_a_request_for_each_level_of_its_description()
    {
        var (_, answer) = await (await HelloAsync()).CallAsync(engine, new CallDescription { Module = "hello" });

        // What is asked, types, lists and constructors of types, functions, objects, the module, the answer.
        answer.Requests.Should().HaveCountLessThanOrEqualTo(7);
    }

    [Fact]
    public async Task Functions_that_run_something_are_never_cached_unless_they_say_so()
    {
        var hello = ObjectOf(await (await CallAsync()).DescribeAsync(), "Hello");

        hello
            .GetProperty("functions")
            .EnumerateArray()
            .ToDictionary(NameOf, f => f.GetProperty("policy").GetString())
            .Should()
            .Equal(
                new Dictionary<string, string?>
                {
                    ["greet"] = "Default",
                    ["excited"] = "Default",
                    ["cards"] = "Default",
                    ["say"] = "Default",
                    ["countLines"] = "Never",
                    ["measure"] = "Never",
                    ["isPolite"] = "Never",
                }
            );
        FunctionOf(hello, "isPolite").GetProperty("check").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task Optional_arguments_and_paths_by_default_are_described_as_such()
    {
        var hello = ObjectOf(await (await CallAsync()).DescribeAsync(), "Hello");

        var name = FunctionOf(hello, "say").GetProperty("args")[0];
        name.GetProperty("type").GetProperty("optional").GetBoolean().Should().BeTrue();
        var source = FunctionOf(hello, "countLines").GetProperty("args")[0];
        source.GetProperty("defaultPath").GetString().Should().Be(".");
        source.GetProperty("ignore").EnumerateArray().Select(i => i.GetString()).Should().Equal("bin", "obj");
    }

    [Theory]
    [InlineData("Hello, Ada!", "greet", "--name", "Ada")]
    [InlineData("Hi, Ada!", "--greeting", "Hi", "greet", "--name", "Ada")]
    [InlineData("HELLO, ADA! HELLO, ADA!", "greet", "--name", "Ada", "--tone", "VERY_LOUD", "--times", "2")]
    [InlineData("Hi, Ada!!!", "--greeting", "Hi", "excited", "excited", "greet", "--name", "Ada")]
    public async Task Functions_are_called_with_arguments_defaults_and_the_state_of_the_object_before(
        string expected,
        params string[] line
    ) => (await (await CallAsync()).RunAsync(line)).Text.Should().Be(expected);

    [Fact]
    public async Task Lists_of_records_cross_and_each_has_functions_of_its_own()
    {
        var call = await CallAsync();
        var cards = await call.RunAsync("cards", "--names", "Ada,Grace");

        using var json = JsonDocument.Parse(cards.Value!);
        json.RootElement.EnumerateArray()
            .Select(c => c.GetProperty("text").GetString())
            .Should()
            .Equal("Hello, Ada!", "Hello, Grace!");
        var (_, answer) = await (await HelloAsync()).CallAsync(
            engine,
            new CallDescription
            {
                Module = "hello",
                ParentName = "HelloCard", // as the engine calls it, with the module's name before it
                Name = "asFile",
                Parent = json.RootElement[1].GetRawText(),
            }
        );
        await using var session = await engine.OpenAsync();
        var file = session.Client.Load<File>(JsonSerializer.Deserialize<string>(answer.Value!)!);
        (await file.ContentsAsync(TestContext.Current.CancellationToken)).Should().Be("Hello, Grace!");
    }

    [Fact]
    public async Task A_container_is_returned_by_its_id_and_runs_only_when_it_is_asked()
    {
        var said = await (await CallAsync()).RunAsync("say");

        await using var session = await engine.OpenAsync();
        var container = session.Client.Load<Container>(said.Text);
        (await container.StdoutAsync(TestContext.Current.CancellationToken)).Should().Be("Hello, everybody!\n");
    }

    [Fact]
    public async Task A_directory_arrives_by_its_id_and_commands_run_on_its_files()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.txt", "1\n2\n");
        folder.Write("sub/b.txt", "3\n");

        var lines = await (await CallAsync()).RunAsync("count-lines", "--source", folder.Path);

        lines.Value.Should().Be("3");
        lines.Process.ExitCode.Should().Be(0);
        lines.Process.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task A_secret_reaches_the_command_and_no_query()
    {
        var length = await (await CallAsync()).RunAsync("measure", "--secret", "env:PATH");

        int.Parse(length.Text).Should().Be(Environment.GetEnvironmentVariable("PATH")!.Length);
        length.Requests.Should().NotContain(r => r.Contains(Environment.GetEnvironmentVariable("PATH")!));
    }

    [Fact]
    public async Task A_call_takes_two_requests_beside_those_of_the_function()
    {
        var greeting = await (await CallAsync()).RunAsync("greet", "--name", "Ada");

        greeting.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_function_that_throws_answers_with_its_message_and_exits_with_one()
    {
        var result = await (await CallAsync()).RunAsync("--greeting", " ", "is-polite");

        result.Message.Should().Be("The greeting is empty.");
        result.Process.ExitCode.Should().Be(1);
        result.Process.Errors.Should().NotContain("   at ");
    }

    [Fact]
    public async Task Debug_shows_where_an_exception_came_from()
    {
        var call = new DaggerCall(engine, await HelloAsync(), "hello")
        {
            Environment = new Dictionary<string, string> { ["PIPELINES_DEBUG"] = "1" },
        };

        (await call.RunAsync("--greeting", " ", "is-polite")).Message.Should().Contain("at Greetings.Hello.IsPolite()");
    }

    [Theory]
    [InlineData("nothing", "{}", "Hello has no function 'nothing'; it has: greet, excited,")]
    [InlineData("greet", """{"name":"1"}""", "greet: name must be a text; it is a number.")]
    [InlineData("greet", "{}", "greet: name is missing; it must be a text.")]
    [InlineData(
        "greet",
        """{"name":"\"Ada\"","tone":"\"RUDE\""}""",
        "greet: tone must be one of FRIENDLY, VERY_LOUD; it is a text."
    )]
    [InlineData(
        "greet",
        """{"name":"\"Ada\"","times":"1.5"}""",
        "greet: times must be a whole number; it is a number."
    )]
    [InlineData("cards", """{"names":"[1]"}""", "cards: names[0] must be a text; it is a number.")]
    public async Task Calls_that_do_not_fit_are_refused_with_what_would(string name, string arguments, string message)
    {
        var (process, answer) = await (await HelloAsync()).CallAsync(
            engine,
            new CallDescription
            {
                Module = "hello",
                ParentName = "Hello",
                Name = name,
                Parent = """{"greeting":"Hello"}""",
                Arguments = JsonSerializer.Deserialize<Dictionary<string, string>>(arguments)!,
            }
        );

        answer.Error!.Value.GetProperty("message").GetString().Should().StartWith(message);
        process.ExitCode.Should().Be(1);
    }

    [Fact]
    public async Task A_module_of_another_name_is_told_which_class_is_missing()
    {
        var (_, answer) = await (await HelloAsync()).CallAsync(engine, new CallDescription { Module = "good-bye" });

        answer
            .Error!.Value.GetProperty("message")
            .GetString()
            .Should()
            .Contain("no public class GoodBye has [DaggerObject]; there is: Card, Hello");
    }

    [Fact]
    public async Task Without_an_engine_the_program_says_how_it_is_started()
    {
        engine.SkipIfMissing();
        var process = await LocalProcess.RunAsync((await HelloAsync()).Program, []);

        process.ExitCode.Should().Be(1);
        process
            .Errors.Should()
            .StartWith("This program is a Dagger module: the engine starts it")
            .And.NotContain("   at ");
    }

    private async Task<ModuleProgram> HelloAsync()
    {
        engine.SkipIfMissing();
        return await ModuleProgram.BuildAsync("examples", "pipelines", "hello");
    }

    private async Task<DaggerCall> CallAsync() => new(engine, await HelloAsync(), "hello");

    private static JsonElement ObjectOf(JsonElement description, string name) =>
        description.GetProperty("objects").EnumerateArray().Single(o => NameOf(o) == name);

    private static JsonElement FunctionOf(JsonElement type, string name) =>
        type.GetProperty("functions").EnumerateArray().Single(f => NameOf(f) == name);

    private static string NameOf(JsonElement element) => element.GetProperty("name").GetString()!;
}
