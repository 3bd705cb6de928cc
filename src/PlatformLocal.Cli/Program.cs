Console.WriteLine("platformctl 0.1.0");
