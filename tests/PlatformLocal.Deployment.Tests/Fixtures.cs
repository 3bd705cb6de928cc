using PlatformLocal.Testing;

[assembly: AssemblyFixture(typeof(RealApiServer))]
[assembly: AssemblyFixture(typeof(S3Server))]
