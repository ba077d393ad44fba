internal import PatronCore
internal import PatronFiles
package import PatronProto
package import PatronServer
internal import TTRPC

extension Routes {
  /// Returns every method of the contract, each in the lane that suits it. `status` returns the
  /// state of the server for GetStatus.
  package static func patron(
    status: @escaping @Sendable () -> GetStatusResponse = { GetStatusResponse() }
  ) -> Routes {
    var routes = Routes { reader in
      try StoreSettings(of: reader).defaultCountry ?? ""
    }
    routes.addCustomers()
    routes.addConsent()
    routes.addTimelines()
    routes.addAdmin()
    routes.addAudit()
    routes.addBackup()
    routes.addStatus(status)
    return routes
  }
}
