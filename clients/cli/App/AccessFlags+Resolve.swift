import ClientFlags
import PatronClient

extension AccessFlags {
  /// Returns the way to the server at `address`. Throws a usage error or an error of a file.
  func resolve(_ address: String, _ environment: CLIEnvironment) throws -> ClientAccess {
    do throws(RPCError) {
      return try ClientAccess(address: address, flags) { environment.variables[$0] }
    } catch {
      throw LocalError(access: error)
    }
  }
}
