using System.Text.Json.Nodes;
using PlatformLocal.Core.Documents;
using PlatformLocal.Core.Environments;

namespace PlatformLocal.Core.Tests.Environments;

public sealed class ClaimTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<EnvironmentType, EnvironmentTypeDefaults> s_types = new(EnvironmentTypes.BuiltIn)
    {
        [EnvironmentType.Dev] = EnvironmentTypes.BuiltIn[EnvironmentType.Dev] with
        {
            Services = new Dictionary<string, string> { ["api-gateway"] = "*", ["auth-service"] = "^2.0" },
            Variables = new Dictionary<string, string> { ["LOG_LEVEL"] = "debug" },
        },
    };

    [Fact]
    public void A_payload_is_merged_over_the_defaults_of_its_type()
    {
        var claim = Merge("""{"environment_name":"shop","services":{"auth-service":"2.3.1","user-service":"^1.0"}}""");

        claim.User.Should().Be("anna");
        claim.EnvironmentType.Should().Be(EnvironmentType.Dev);
        claim.CreationDate.Should().Be(s_now);
        claim.ExpirationDate.Should().BeNull();
        claim.EnvironmentPool.Should().Be("general-restricted");
        claim.Variables.Should().Contain("LOG_LEVEL", "debug");
        claim
            .Services.Select(s => $"{s.Key} {s.Value.Version}")
            .Should()
            .Equal("api-gateway *", "auth-service 2.3.1", "user-service ^1.0");
    }

    [Fact]
    public void With_only_specified_services_the_types_own_stay_out()
    {
        var claim = Merge("""{"environment_name":"shop","services":{"user-service":"^1.0"}}""", onlySpecified: true);

        claim.Services.Keys.Should().Equal("user-service");
    }

    [Fact]
    public void A_service_set_to_null_takes_a_default_service_out()
    {
        var claim = Merge("""{"environment_name":"shop","services":{"api-gateway":null}}""");

        claim.Services.Keys.Should().Equal("auth-service");
    }

    [Fact]
    public void A_sue_claim_uses_dev_tags_and_expires_a_day_after_its_creation()
    {
        var claim = Merge("""{"environment_name":"mine","environment_type":"sue","services":{"a":"*"}}""");

        claim.UseDevTags.Should().BeTrue();
        claim.ExpirationDate.Should().Be(s_now.AddHours(24));
    }

    [Theory]
    [InlineData("\"2026-12-01\"", "2026-12-01T00:00:00Z")]
    [InlineData("\"2026-11-22T08:30:00+01:00\"", "2026-11-22T07:30:00Z")]
    [InlineData("\"never\"", null)]
    public void The_expiry_of_a_sue_claim_can_be_set(string given, string? expected)
    {
        var claim = Merge(
            $$"""{"environment_name":"mine","environment_type":"sue","services":{"a":"*"},"expiration_date":{{given}}}"""
        );

        claim.ExpirationDate.Should().Be(expected is null ? null : DateTimeOffset.Parse(expected));
    }

    [Fact]
    public void Staging_is_read_as_stage() =>
        Merge("""{"environment_name":"s","environment_type":"staging","services":{"a":"1.0"}}""")
            .EnvironmentType.Should()
            .Be(EnvironmentType.Stage);

    [Theory]
    [InlineData("*")]
    [InlineData("^1.0.0")]
    [InlineData(">=1.0, <2.0")]
    [InlineData("1.x")]
    public void A_prod_claim_with_a_range_is_refused(string constraint) =>
        FaultsOf(
                $$"""{"environment_name":"p","environment_type":"prod","services":{"a":{"version":"{{constraint}}"} } }"""
            )
            .Should()
            .ContainSingle()
            .Which.Should()
            .Match<Fault>(f => f.Path == "services.a.version" && f.Message.Contains("exact"));

    [Fact]
    public void All_faults_are_told_at_once_each_with_its_path()
    {
        var faults = FaultsOf(
            """
            {
              "environment_name": "Not_A_Label",
              "environment_type": "production",
              "creation_date": "yesterday",
              "servces": {},
              "services": {"a": "x.y", "b": 3, "c": {"version": "1.0", "image": "i"}, "D": "1.0"},
              "deployment_method": "ftp",
              "variables": {"1x": "a", "ok": 1},
              "use_dev_tags": "yes"
            }
            """
        );

        faults
            .Select(f => f.Path)
            .Should()
            .BeEquivalentTo(
                "environment_name",
                "environment_type",
                "creation_date",
                "servces",
                "services.a",
                "services.b",
                "services.c.image",
                "services.D",
                "deployment_method",
                "variables.1x",
                "variables.ok",
                "use_dev_tags"
            );
        faults.Single(f => f.Path == "environment_type").Message.Should().Contain("dev, stage, prod, sue");
        faults.Single(f => f.Path == "servces").Message.Should().Contain("did you mean services?");
    }

    [Fact]
    public void A_claim_of_another_version_of_the_platform_is_refused() =>
        FaultsOf("""{"api_version":"platform.local/v2","environment_name":"a","services":{"a":"1"}}""")
            .Should()
            .ContainSingle()
            .Which.Message.Should()
            .Contain("platform.local/v2")
            .And.Contain("platform.local/v1alpha1");

    [Theory]
    [InlineData(53, true)]
    [InlineData(54, false)]
    public void A_name_has_at_most_53_characters(int length, bool valid)
    {
        var payload = $$"""{"environment_name":"{{new string('a', length)}}","services":{"a":"1"} }""";

        FaultsOf(payload).Should().HaveCount(valid ? 0 : 1);
    }

    [Fact]
    public void More_than_500_services_are_refused()
    {
        var services = string.Join(',', Enumerable.Range(0, 501).Select(i => $"\"s{i}\":\"1\""));

        FaultsOf($$"""{"environment_name":"a","services":{ {{services}} } }""", onlySpecified: true)
            .Should()
            .ContainSingle()
            .Which.Message.Should()
            .Contain("501 services");
    }

    [Fact]
    public void Git_needs_a_repository() =>
        FaultsOf("""{"environment_name":"a","services":{"a":"1"},"deployment_method":"git"}""")
            .Should()
            .ContainSingle()
            .Which.Path.Should()
            .Be("git_repository");

    [Fact]
    public void A_written_claim_reads_back_as_the_same_claim()
    {
        var claim = Merge(
            """
            {"environment_name":"shop","environment_type":"sue","services":{"a":{"version":"^1","docker_image":"x/y:z"}},
             "variables":{"GREETING":"hällo \"you\""},"deployment_method":"git","git_repository":"https://git.example/x.git","branch":"main"}
            """
        );

        var read = ClaimReader.Read(ClaimWriter.Write(claim), s_types, "the claim");

        read.Should().BeEquivalentTo(claim);
    }

    [Fact]
    public void A_changed_claim_keeps_its_creation_date_and_user()
    {
        var first = Merge("""{"environment_name":"shop"}""");

        var second = Payload.ToClaim(
            JsonText.ParseObject("""{"environment_name":"shop"}""", "test"),
            s_types,
            new PayloadOptions { User = "bert" },
            s_now.AddDays(3),
            first
        );

        second.Should().BeEquivalentTo(first);
    }

    private static Claim Merge(string payload, bool onlySpecified = false) =>
        Payload.ToClaim(
            (JsonObject)JsonNode.Parse(payload)!,
            s_types,
            new PayloadOptions { User = "anna", DeployOnlySpecified = onlySpecified },
            s_now
        );

    private static IReadOnlyList<Fault> FaultsOf(string payload, bool onlySpecified = false)
    {
        try
        {
            Merge(payload, onlySpecified);
            return [];
        }
        catch (InvalidDocumentException e)
        {
            return e.Faults;
        }
    }
}
