// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// The rooms and their arrows; `Tests/ArchitectureTests` fails on an import that is not declared here.
let package = Package(
  name: "laurel",
  products: [
    .executable(name: "laurel", targets: ["laurel"]),
    // What a test gives to programs whose clock it sets; no part of Laurel.
    .library(name: "SteppedClock", type: .dynamic, targets: ["CSteppedClock"]),
  ],
  dependencies: [],
  targets: [
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CTLS", pkgConfig: "libssl", providers: [.apt(["libpq-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CFiles"),

    .target(name: "Text", swiftSettings: swift),
    .target(name: "EventLoop", dependencies: ["CLinux"], swiftSettings: swift),
    .target(name: "HTTP", dependencies: ["EventLoop", "CLinux", "Text"], swiftSettings: swift),
    .target(name: "HTTPClient", dependencies: ["CTLS"], swiftSettings: swift),
    .target(name: "Postgres", dependencies: ["EventLoop", "CLibPQ", "CLinux", "CCrypto"], swiftSettings: swift),
    .target(name: "Ledger", dependencies: ["CCrypto", "Text"], swiftSettings: swift),
    .target(name: "Rankings", swiftSettings: swift),
    .target(
      name: "Service",
      dependencies: ["CCrypto", "CFiles", "CLinux", "EventLoop", "HTTP", "Postgres", "Ledger", "Rankings", "Text"],
      swiftSettings: swift),
    .executableTarget(
      name: "laurel",
      dependencies: [
        "Service", "CLinux", "EventLoop", "HTTP", "HTTPClient", "Ledger", "Postgres", "Rankings", "Text",
      ],
      swiftSettings: swift),

    // The ledger in a simulated world, beside a model of it: `make simulate`.
    .executableTarget(
      name: "simulate", dependencies: ["Ledger"], path: "Tests/Simulation", exclude: ["README.md"],
      swiftSettings: swift),

    .target(name: "CSteppedClock", path: "Tests/SteppedClock"),
    .testTarget(name: "ArchitectureTests", swiftSettings: swift),
    .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: swift),
    .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: swift),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "EventLoop"], swiftSettings: swift),
    .testTarget(name: "HTTPClientTests", dependencies: ["CTLS", "HTTPClient"], swiftSettings: swift),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres", "EventLoop"], swiftSettings: swift),
    .testTarget(name: "LedgerTests", dependencies: ["Ledger"], swiftSettings: swift),
    .testTarget(name: "RankingsTests", dependencies: ["Rankings"], swiftSettings: swift),
    .testTarget(
      name: "ServiceTests",
      dependencies: ["CLibPQ", "EventLoop", "HTTP", "Ledger", "Postgres", "Service", "Text", "laurel"],
      swiftSettings: swift),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu2x
)
