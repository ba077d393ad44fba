import ArgumentParser
import Logging
import PatronSettings
import Synchronization

/// The settings in force, and their change by SIGHUP. Usable on any thread.
final class Reloader: Sendable {
  private let state: Mutex<StartSettings>
  private let parts: [Reloadable]
  private let read: @Sendable () throws(SettingsError) -> StartSettings
  private let log: Logger

  /// Creates a reloader.
  ///
  /// - Parameters:
  ///   - settings: The settings with which the server has started.
  ///   - parts: The parts of the server that take new values.
  ///   - read: Reads the settings again.
  init(
    _ settings: StartSettings,
    parts: [Reloadable],
    log: Logger,
    read: @escaping @Sendable () throws(SettingsError) -> StartSettings
  ) {
    state = Mutex(settings)
    self.parts = parts
    self.log = log
    self.read = read
  }

  /// The settings in force.
  var settings: StartSettings { state.withLock { $0 } }

  /// Reads the settings again and puts those into force that need no restart. A mistake in any of
  /// them leaves all as they are.
  func reload() {
    state.withLock { settings in
      guard let path = settings.path else {
        return log.warning("SIGHUP: there is nothing to reload, because no --config names a file")
      }
      do {
        let next = try read()
        let command = try Self.parse(next)
        let changed = settings.changes(to: next)
        let taken = changed.filter { setting in
          parts.contains { $0.names.contains(setting.name) }
        }
        let names = Set(taken.map(\.name))
        for part in parts where !part.names.isDisjoint(with: names) { part.apply(command) }
        settings = settings.taking(names, from: next)
        report(path, taken, changed.filter { !names.contains($0.name) }, next)
      } catch {
        log.error("SIGHUP: the settings stay as they are: \(error)")
      }
    }
  }

  private static func parse(_ settings: StartSettings) throws(SettingsError) -> Serve {
    do {
      return try Serve.parse(Array(settings.arguments.dropFirst()))
    } catch {
      throw SettingsError(Serve.message(for: error))
    }
  }

  private func report(
    _ path: String,
    _ taken: [Setting],
    _ left: [Setting],
    _ next: StartSettings
  ) {
    let list = taken.map { setting in
      let text = next.value(setting.name)?.text ?? ""
      return text.isEmpty ? setting.name : "\(setting.name) is \(text)"
    }
    log.info(
      "SIGHUP: read \(path): \(list.isEmpty ? "no change" : list.joined(separator: ", "))"
    )
    guard !left.isEmpty else { return }
    let names = left.map(\.name).joined(separator: ", ")
    log.warning("SIGHUP: these settings have changed and need a restart: \(names)")
  }
}

extension StartSettings {
  /// Returns these settings with the values of some others.
  func taking(_ names: Set<String>, from other: StartSettings) -> StartSettings {
    StartSettings(
      // Lines of values that are the same may have moved.
      values: zip(values, other.values).map { own, next in
        names.contains(own.setting.name) || own.texts == next.texts ? next : own
      },
      path: path,
      arguments: arguments
    )
  }
}
