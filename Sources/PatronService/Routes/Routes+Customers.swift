internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the methods about customers: records, lists, merges, files and erasure.
  mutating func addCustomers() {
    typealias Customers = CustomerHandlers
    write(
      CustomerService.upsertCustomer,
      country: \.defaultCountry,
      lacksCountry: \.lacksCountry,
      prepare: Customers.prepareUpsert,
      apply: Customers.upsert
    )
    batch(
      CustomerService.batchUpsertCustomers,
      country: \.defaultCountry,
      prepare: Customers.prepareBatchUpsert,
      apply: Customers.batchUpsert
    )
    point(CustomerService.getCustomer, Customers.getCustomer)
    write(
      CustomerService.updateCustomer,
      country: \.defaultCountry,
      lacksCountry: \.lacksCountry,
      prepare: Customers.prepareUpdate,
      apply: Customers.update
    )
    batch(
      CustomerService.updateTags,
      prepare: Customers.prepareUpdateTags,
      apply: Customers.updateTags
    )
    point(CustomerService.batchGetCustomers, Customers.batchGetCustomers)
    point(CustomerService.listCustomers, runsLong: Customers.sortsAll, Customers.listCustomers)
    point(
      CustomerService.countCustomers,
      runsLong: Customers.visitsCustomers,
      Customers.countCustomers
    )
    point(CustomerService.listFilters, Customers.listFilters)
    scan(
      CustomerService.exportCustomers,
      prepare: Customers.prepareExport,
      audits: Customers.audit,
      run: Customers.export
    )
    batch(
      CustomerService.importCustomers,
      country: \.defaultCountry,
      prepare: Customers.prepareImport,
      apply: Customers.importCustomers
    )
    write(
      CustomerService.mergeCustomers,
      prepare: Customers.prepareMerge,
      apply: Customers.merge
    )
    write(
      CustomerService.unmergeCustomers,
      prepare: Customers.prepareUnmerge,
      apply: Customers.unmerge
    )
    steppedWrite(
      CustomerService.deleteCustomer,
      prepare: CustomerHandlers.prepareDelete,
      apply: CustomerHandlers.delete
    )
  }
}
