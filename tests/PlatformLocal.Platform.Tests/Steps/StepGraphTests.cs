using FsCheck;
using FsCheck.Fluent;
using PlatformLocal.Core;
using PlatformLocal.Platform.Steps;

namespace PlatformLocal.Platform.Tests.Steps;

public sealed class StepGraphTests
{
    [Fact]
    public void Every_order_puts_dependencies_first_and_loses_no_step() =>
        Prop.ForAll(
                TestSteps.Graphs.ToArbitrary(),
                dependencies =>
                {
                    var order = new StepGraph(TestSteps.Of(dependencies)).Order;

                    var names = order.Select(s => s.Name).ToList();
                    names.Should().BeEquivalentTo(dependencies.Keys);
                    order.Should().OnlyContain(s => s.DependsOn.All(d => names.IndexOf(d) < names.IndexOf(s.Name)));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Steps_without_dependencies_stay_in_the_given_order() =>
        new StepGraph(TestSteps.Of(("c", ""), ("a", ""), ("b", "")))
            .Order.Select(s => s.Name)
            .Should()
            .Equal("c", "a", "b");

    [Fact]
    public void A_circle_is_shown_as_a_path()
    {
        var act = () =>
            new StepGraph(TestSteps.Of(("ready", "flux"), ("flux", "apps"), ("apps", "flux"), ("cluster", "")));

        act.Should()
            .Throw<PlatformException>()
            .WithMessage("Steps depend on each other in a circle: flux → apps → flux.");
    }

    [Fact]
    public void Unknown_dependencies_and_double_names_are_told_together()
    {
        var act = () => new StepGraph(TestSteps.Of(("a", "x"), ("a", ""), ("b", "y")));

        act.Should()
            .Throw<PlatformException>()
            .WithMessage(
                "*'a' is there twice*'a' depends on 'x', which is no step*'b' depends on 'y', which is no step*"
            );
    }

    [Fact]
    public void The_critical_path_is_the_slowest_chain()
    {
        var graph = new StepGraph(TestSteps.Of(("a", ""), ("slow", "a"), ("quick", "a"), ("end", "slow quick")));

        graph.CriticalPath(name => TimeSpan.FromSeconds(name == "slow" ? 10 : 1)).Should().Equal("a", "slow", "end");
    }
}
