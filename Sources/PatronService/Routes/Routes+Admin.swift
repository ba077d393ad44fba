internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import TTRPC

extension Routes {
  /// Adds the methods of AdminService about keys and stores.
  mutating func addAdmin() {
    typealias Admin = AdminHandlers
    write(AdminService.createKey, prepare: Admin.prepareCreateKey, apply: Admin.createKey)
    point(AdminService.listKeys, Admin.listKeys)
    write(AdminService.rotateKey, prepare: Admin.prepareRotateKey, apply: Admin.rotateKey)
    write(AdminService.revokeKey, prepare: Admin.prepareRevokeKey, apply: Admin.revokeKey)
    write(AdminService.bindKey, prepare: Admin.prepareBindKey, apply: Admin.bindKey)
    write(AdminService.unbindKey, prepare: Admin.prepareUnbindKey, apply: Admin.unbindKey)
    write(AdminService.createStore, prepare: Admin.prepareCreateStore, apply: Admin.createStore)
    point(AdminService.listStores, Admin.listStores)
    steppedWrite(
      AdminService.deleteStore,
      prepare: Admin.prepareDeleteStore,
      apply: Admin.deleteStore
    )
  }
}
