import ArgumentParser

/// The verbs for customers.
struct CustomersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "customers",
    abstract: "Create, change, find and list customers.",
    subcommands: [
      CustomersUpsert.self, CustomersGet.self, CustomersList.self, CustomersExport.self,
      CustomersImport.self,
    ],
    aliases: ["customer"]
  )
}
