using Greetings;

return await ModuleHost.RunAsync<Hello>();
