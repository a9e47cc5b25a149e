/// The version of this program; CHANGELOG.md says what each one brought.
public enum Version {
  public static let current = "0.1.0"
}
