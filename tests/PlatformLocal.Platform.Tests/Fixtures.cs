using PlatformLocal.Testing;

[assembly: AssemblyFixture(typeof(RealApiServer))]
