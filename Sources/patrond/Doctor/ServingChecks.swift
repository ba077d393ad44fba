import Foundation
import PatronStore
import TTRPCNIO

/// The findings about the database, its lock, and the addresses and certificates of the server.
enum ServingChecks {
  /// Looks at the database of a directory. `isInUse` of the result is true if a server, or a
  /// command, has it open.
  static func database(_ folder: String) -> (findings: [Finding], isInUse: Bool) {
    let path = folder + "/patron.db"
    guard let file = FileMode(path) else {
      return ([Finding("database", .ok, "there is none yet; a start makes it")], false)
    }
    guard file.user == geteuid() else {
      // Files that SQLite makes beside the database would not be the server's.
      return (
        [
          Finding(
            "database",
            .warn,
            "not looked at, because it belongs to user \(file.user): run the command as that user, "
              + "as in sudo -u '#\(file.user)' patrond doctor …"
          )
        ], false
      )
    }
    do {
      let look = try DatabaseLook(at: folder, migrations: Migration.all)
      return (
        [
          Finding("lock", .ok, "no process has the data directory open"),
          schema(look.schemaVersion, known: Migration.all.count),
          litestream(look.litestreamTables),
        ], false
      )
    } catch StoreOpenError.inUse(_, let pid) {
      return ([inUse(pid)], true)
    } catch StoreOpenError.databaseInUse {
      return ([Finding("lock", .warn, "\(StoreOpenError.databaseInUse(path: path))")], true)
    } catch {
      return ([Finding("database", .fail, "\(error)")], false)
    }
  }

  /// Returns the finding about a data directory that a process has open.
  static func inUse(_ pid: Int32?) -> Finding {
    let holder = pid.map { "process \($0)" } ?? "a process"
    return Finding(
      "lock",
      .ok,
      "\(holder) has the data directory open; `patrond status` tells what it does"
    )
  }

  /// Judges the version of the schema. A newer one is an error of the look.
  static func schema(_ version: Int, known: Int) -> Finding {
    guard version > 0, version < known else { return Finding("schema", .ok, "version \(version)") }
    return Finding(
      "schema",
      .warn,
      "version \(version); a start brings it to \(known), after which older programs cannot open "
        + "it. Make a copy first"
    )
  }

  /// Judges the tables that Litestream makes.
  static func litestream(_ tables: String) -> Finding {
    guard !tables.isEmpty else { return Finding("Litestream", .ok, "not used") }
    return Finding(
      "Litestream",
      .fail,
      "the database has the tables \(tables): Litestream writes and checkpoints beside the server, "
        + "which can damage the database. Stop it, and copy backups instead"
    )
  }

  /// Tries to listen on the addresses for a moment.
  static func listen(
    _ addresses: [ListenAddress],
    _ tls: ServerTLS?,
    isInUse: Bool
  ) async -> Finding {
    let names = addresses.map(\.description).joined(separator: ", ")
    if isInUse {
      return Finding("addresses", .ok, "\(names) not tried, because a server may have them")
    }
    var configuration = TTRPCServer.Configuration()
    configuration.tls = tls
    do {
      let server = try await TTRPCServer.start(addresses, configuration: configuration) { _ in
        ComposedDispatcher([])
      }
      await server.shutdown()
      return Finding("addresses", .ok, "\(names) can be listened on")
    } catch {
      return Finding("addresses", .fail, "\(error)")
    }
  }

  /// Judges the certificates; `now` is in seconds since 1970.
  static func certificates(_ tls: ServerTLS, now: Int) -> Finding {
    do {
      return certificate(tls.certificateFile, until: try tls.expiry(), now: now)
    } catch {
      return Finding("certificate", .fail, "\(error)")
    }
  }

  /// Judges the time at which a certificate expires.
  static func certificate(_ path: String, until end: Int, now: Int) -> Finding {
    let days = (end - now) / 86_400
    guard end > now else {
      return Finding("certificate", .fail, "\(path) has expired: renew it")
    }
    guard days >= 14 else {
      return Finding("certificate", .warn, "\(path) expires in \(days) days: renew it")
    }
    return Finding("certificate", .ok, "\(path), for \(days) days")
  }
}
