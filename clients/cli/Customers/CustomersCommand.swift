import ArgumentParser

struct CustomersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "customers",
    abstract: "Create, change, find, list, count and merge customers.",
    subcommands: [
      CustomersUpsert.self, CustomersGet.self, CustomersList.self, CustomersCount.self,
      CustomersFilters.self, CustomersUpdate.self, CustomersTag.self,
      CustomersMerge.self, CustomersUnmerge.self, CustomersDelete.self, CustomersExport.self,
      CustomersImport.self,
    ],
    aliases: ["customer"]
  )
}
