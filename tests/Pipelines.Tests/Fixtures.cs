using PlatformLocal.Testing;

[assembly: AssemblyFixture(typeof(S3Server))]
