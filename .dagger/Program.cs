using PlatformLocal.Core;
using PlatformPipelines;

return await ModuleHost.RunAsync<Platform>(
    new ModuleHostOptions { NextStepOf = e => (e as PlatformException)?.NextStep }
);
