return await ModuleHost.RunAsync<MyModule>();
