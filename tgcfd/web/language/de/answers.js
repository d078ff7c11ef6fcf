// What the server answers to a form, a file or an image that it cannot take, and what it says of an import.
export default {
  // accounts: tgcfd/accounts
  "Give a name.": "Geben Sie einen Namen an.",
  "A name has at most {most} characters.": "Ein Name hat höchstens {most} Zeichen.",
  "A name may not hold line breaks, control characters or other invisible signs.":
    "Ein Name darf keine Zeilenumbrüche, Steuerzeichen oder andere unsichtbare Zeichen enthalten.",
  "Give an e-mail address.": "Geben Sie eine E-Mail-Adresse an.",
  "An e-mail address has at most {most} characters.": "Eine E-Mail-Adresse hat höchstens {most} Zeichen.",
  "This is not an e-mail address; it looks like name@example.org.":
    "Das ist keine E-Mail-Adresse; sie sieht aus wie name@example.org.",
  "This e-mail address has an account already; log in, or use another address.":
    "Mit dieser E-Mail-Adresse gibt es schon ein Konto: Melden Sie sich an, oder nehmen Sie eine andere.",
  "Give a password.": "Geben Sie ein Passwort an.",
  "Use at least {least} characters.": "Nehmen Sie mindestens {least} Zeichen.",
  "Use at most {most} characters.": "Nehmen Sie höchstens {most} Zeichen.",
  "A password may not hold the NUL character.": "Ein Passwort darf das Zeichen NUL nicht enthalten.",
  "The password may not be your e-mail address or your name.":
    "Das Passwort darf nicht Ihre E-Mail-Adresse oder Ihr Name sein.",
  "This password is one of the first that an attacker tries; choose another one.":
    "Dieses Passwort probiert ein Angreifer als eines der ersten; wählen Sie ein anderes.",
  "Give your current password as well.": "Geben Sie auch Ihr jetziges Passwort an.",
  "This is not your current password.": "Das ist nicht Ihr jetziges Passwort.",
  "This has to be text.": "Das muss Text sein.",
  "This holds half of a character (a lone surrogate).": "Darin steht ein halbes Zeichen: Tippen oder fügen Sie es noch einmal ein.",
  "This code is wrong, or was used already.": "Dieser Code ist falsch oder wurde schon benutzt.",
  "Too many wrong codes. Wait, or use a recovery code.":
    "Zu viele falsche Codes. Warten Sie, oder nehmen Sie einen Wiederherstellungscode.",
  "Switch it off first; then you can set it up anew.": "Schalten Sie ihn erst aus; dann können Sie ihn neu einrichten.",
  "It was confirmed already.": "Das ist schon bestätigt.",
  "Begin anew: the secret is good for 10 minutes.": "Beginnen Sie neu: Das Geheimnis gilt 10 Minuten.",
  "There were too many wrong tries; try again in {seconds} s.":
    "Es gab zu viele falsche Versuche; versuchen Sie es in {seconds} Sek. wieder.",
  "The host has no memory left to check passwords; try again in a while.":
    "Der Server hat keinen Speicher mehr, um Passwörter zu prüfen; versuchen Sie es etwas später wieder.",
  "This account does not exist any more.": "Dieses Konto gibt es nicht mehr.",
  "This account is gone, or all its log-ins have ended meanwhile. Log in again.":
    "Dieses Konto gibt es nicht mehr, oder alle seine Anmeldungen sind inzwischen beendet. Melden Sie sich wieder an.",
  "There is no account {name}.": "Es gibt kein Konto {name}.",
  "There is no such session; it may have ended already.": "Diese Anmeldung gibt es nicht; vielleicht ist sie schon beendet.",
  "You have {count} API tokens already; revoke one first.": "Sie haben schon {count} API-Tokens; widerrufen Sie zuerst eines.",
  "You have a token of this name already; choose another one.":
    "Sie haben schon ein Token mit diesem Namen; wählen Sie einen anderen.",
  "There is no such API token; it may have been revoked already.":
    "Dieses API-Token gibt es nicht; vielleicht ist es schon widerrufen.",
  "Ask an admin of this host for an invite.": "Bitten Sie einen Administrator dieses Servers um eine Einladung.",
  "Ask the host's owner for an account.": "Bitten Sie den Betreiber dieses Servers um ein Konto.",
  "It may have been used, withdrawn or mistyped, or have expired. Ask for a new one.":
    "Vielleicht wurde sie benutzt, zurückgezogen oder falsch abgetippt, oder sie ist abgelaufen. Bitten Sie um eine neue.",
  "{count} invites are open; withdraw some that nobody will use.":
    "{count} Einladungen sind offen; ziehen Sie welche zurück, die niemand benutzen wird.",
  "There is no such invite, or it was used.": "Diese Einladung gibt es nicht, oder sie wurde benutzt.",
  "This must be a whole number from {least} to {most}.": "Das muss eine ganze Zahl von {least} bis {most} sein.",

  // the configuration: tgcfd/config
  "Write {name} or t.me/name, not both at once.": "Schreiben Sie {name} oder t.me/name, nicht beides zugleich.",
  "{why} Correct it, or leave it empty: it is then written from the rules.":
    "{why} Berichtigen Sie es, oder lassen Sie es leer: Dann wird es aus den Regeln geschrieben.",
  "Line 1: write one rule a line, like 'old': 'new'.": "Zeile 1: Schreiben Sie eine Regel je Zeile, wie 'alt': 'neu'.",
  "Write the plain name of a file in the worker's folder, like image.png, or an https address.":
    "Schreiben Sie den bloßen Namen einer Datei, wie image.png, oder eine https-Adresse.",
  "Somebody else, or tgcf itself, has changed the configuration since you read it. Read it again.":
    "Jemand anders, oder tgcf selbst, hat die Konfiguration inzwischen geändert. Laden Sie die Seite neu.",
  "This configuration cannot be written as YAML. Leave out what is unusual in it.":
    "Diese Konfiguration lässt sich nicht als YAML schreiben. Lassen Sie weg, was daran ungewöhnlich ist.",
  "There is no version “{name}”, or it is too old and was removed. List the versions again.":
    "Es gibt keine Fassung „{name}“, oder sie war zu alt und wurde entfernt. Laden Sie die Seite neu.",
  "This version cannot be used: somebody has changed it since it was stored.":
    "Diese Fassung ist nicht zu gebrauchen: Jemand hat sie nachträglich verändert.",
  "Nothing is stored yet, or it cannot be read, so there is nothing to compare with.":
    "Noch ist nichts gespeichert, oder es ist nicht lesbar: Es gibt nichts zu vergleichen.",
  "No secret is stored here that could be kept: enter it.":
    "Hier ist kein Geheimnis gespeichert, das bleiben könnte: Tragen Sie es ein.",
  "This is not a complete Telethon session string: copy all of it, or make a new one and enter it.":
    "Das ist kein vollständiger Session-String von Telethon: Kopieren Sie ihn ganz, oder machen Sie einen neuen.",
  "The host has no room to check regular expressions now. Try again.":
    "Der Server hat gerade keinen Platz, um reguläre Ausdrücke zu prüfen. Versuchen Sie es noch einmal.",
  "This is not a plain value: only text, numbers, true, false, null, lists and objects are.":
    "Das ist kein einfacher Wert: nur Text, Zahlen, true, false, null, Listen und Objekte sind es.",
  "There are more than {most} names and values in it.": "Es sind mehr als {most} Namen und Werte darin.",
  "It is nested more than {most} levels deep.": "Es ist mehr als {most} Ebenen tief verschachtelt.",
  "This number is too large.": "Diese Zahl ist zu groß.",
  "It contains a NUL character (code 0): remove it.": "Darin steht das Zeichen NUL (Code 0): Entfernen Sie es.",
  "It contains half of a character (a lone surrogate): type or paste it again.":
    "Darin steht ein halbes Zeichen: Tippen oder fügen Sie es noch einmal ein.",
  "Storing a new configuration replaces the file; the old one is kept in history/.":
    "Eine neue Konfiguration zu speichern ersetzt die Datei; die alte bleibt in history/.",

  "Too many people read or change their configurations at this moment; try again in a second.":
    "Gerade lesen oder ändern zu viele ihre Konfiguration; versuchen Sie es in einer Sekunde wieder.",
  "Too many requests wait for this configuration; try again in a second.":
    "Zu viele Anfragen warten auf diese Konfiguration; versuchen Sie es in einer Sekunde wieder.",
  "From here on it is too much: tgcfd takes {count} regular expressions, with no more than {most} characters in them and their new texts. Join some, or remove some.":
    "Ab hier ist es zu viel: tgcfd nimmt {count} reguläre Ausdrücke, mit höchstens {most} Zeichen in ihnen und ihren neuen Texten. Fassen Sie welche zusammen, oder entfernen Sie welche.",
  "All of it together is larger than {most} bytes.": "Alles zusammen ist größer als {most} Bytes.",
  "The file is larger than {most} bytes.": "Die Datei ist größer als {most} Bytes.",
  "One of its names is longer than {most} characters.": "Einer seiner Namen ist länger als {most} Zeichen.",
  "One of its names is not text.": "Einer seiner Namen ist kein Text.",
  "“{name}” is a folder with something in it. Tell the host's owner to remove it.":
    "„{name}“ ist ein Ordner, in dem etwas liegt. Bitten Sie den Betreiber, ihn zu entfernen.",
  "“{name}” is a folder.": "„{name}“ ist ein Ordner.",
  "“{name}” is not a folder. Tell the host's owner to move it away.":
    "„{name}“ ist kein Ordner. Bitten Sie den Betreiber, es wegzuräumen.",
  "“{name}” is not a regular file.": "„{name}“ ist keine gewöhnliche Datei.",
  "“{name}” is larger than {most} bytes.": "„{name}“ ist größer als {most} Bytes.",
  "“{name}” is {what}.": "„{name}“ ist {what}.",
  "tgcf cannot forward a single topic of a group: write the group's number alone.":
    "tgcf kann nicht ein einzelnes Thema einer Gruppe weiterleiten: Schreiben Sie die Nummer der Gruppe allein.",
  "tgcf would read this as the id of somebody else. Write an id in plain digits, without leading zeros, signs other than a minus, spaces or underscores; instead of a phone number write the @name or the id.":
    "tgcf würde das als die Nummer von jemand anderem lesen. Schreiben Sie eine Nummer in bloßen Ziffern, ohne Nullen davor, Leerzeichen, Unterstriche oder Zeichen außer einem Minus; statt einer Telefonnummer den @Namen oder die Nummer des Chats.",
  "tgcf makes the text lower-case before it looks, so capital letters in a pattern never match. Write it in lower case, or switch on “Tell capital letters apart”.":
    "tgcf schreibt den Text vor dem Suchen klein, Großbuchstaben in einem Muster passen also nie. Schreiben Sie es klein, oder schalten Sie „Groß- und Kleinschreibung unterscheiden“ ein.",
  "tgcf 1.1.8 has no setting “{name}” here.": "tgcf 1.1.8 hat hier keine Einstellung „{name}“.",
  "******** cannot stand for a secret that is shared by & and *: write the secret itself here, or leave & and * out.":
    "******** kann nicht für ein Geheimnis stehen, das sich & und * teilen: Schreiben Sie hier das Geheimnis selbst, oder lassen Sie & und * weg.",
  "tgcfd cannot use the folder users/{name} ({why}). Tell the host's owner: the folder, and “history” in it, must belong to tgcfd's user or be open to it; tgcfd's log has more.":
    "tgcfd kann den Ordner users/{name} nicht benutzen ({why}). Sagen Sie es dem Betreiber: Der Ordner, und „history“ darin, muss dem Benutzer von tgcfd gehören oder ihm offenstehen; im Protokoll von tgcfd steht mehr.",
  "tgcfd is ending; try again in a moment.": "tgcfd wird gerade beendet; versuchen Sie es gleich wieder.",

  // what cannot be read as YAML: tgcfd/config/reader.py
  "Line {line}: {why}": "Zeile {line}: {why}",
  "Line {line}: anchors (&) and aliases (*) are not taken.": "Zeile {line}: Anker (&) und Verweise (*) werden nicht genommen.",
  "Line {line}: this is not text: put it in quotes.": "Zeile {line}: Das ist kein Text: Setzen Sie es in Anführungszeichen.",
  "the list that begins with [ in line {first} lacks a comma or its ].":
    "der Liste, die mit [ in Zeile {first} beginnt, fehlt ein Komma oder ihre ].",
  "the mapping that begins with { in line {first} lacks a comma or its }.":
    "der Zuordnung, die mit { in Zeile {first} beginnt, fehlt ein Komma oder ihre }.",
  "a [ or { is open and never closed.": "eine [ oder { ist offen und wird nie geschlossen.",
  "the quote that begins in line {first} is not closed.": "das Anführungszeichen in Zeile {first} wird nicht geschlossen.",
  "there is more after the end of a quote. A ' in a text in single quotes is written twice.":
    "nach dem schließenden Anführungszeichen kommt noch etwas. Ein ' in einem Text zwischen '…' wird doppelt geschrieben.",
  "the indentation is wrong: lines that belong together begin in the same column.":
    "die Einrückung stimmt nicht: Zeilen, die zusammengehören, beginnen in derselben Spalte.",
  "there is a tab: indent with spaces.": "hier steht ein Tabulator: Rücken Sie mit Leerzeichen ein.",
  "a text that begins with @, % or ` must be in quotes.": "ein Text, der mit @, % oder ` beginnt, muss in Anführungszeichen stehen.",
  "there is a colon where none can be: check the indentation and the line above; quote texts with colons.":
    "hier steht ein Doppelpunkt, wo keiner sein kann: Prüfen Sie die Einrückung und die Zeile darüber; Texte mit Doppelpunkt brauchen Anführungszeichen.",
  "this name has no colon and no value.": "dieser Name hat keinen Doppelpunkt und keinen Wert.",
  "there is a control character in it: remove it.": "darin steht ein Steuerzeichen: Entfernen Sie es.",
  "this cannot be read as YAML ({name}).": "das ist nicht als YAML zu lesen ({name}).",
  "a second document starts here (---): only one is taken.":
    "hier beginnt ein zweites Dokument (---): Nur eines wird genommen.",
  "% directives are not taken: remove the lines that start with %.":
    "Anweisungen mit % werden nicht genommen: Entfernen Sie die Zeilen, die mit % beginnen.",
  "there are more than {most} names and values in it.": "es sind mehr als {most} Namen und Werte darin.",
  "this is not text in UTF-8.": "das ist kein Text in UTF-8.",
  "a configuration is a mapping, with lines like “admins: []”.":
    "eine Konfiguration ist eine Zuordnung, mit Zeilen wie „admins: []“.",
  "it is nested more than {most} levels deep.": "es ist mehr als {most} Ebenen tief verschachtelt.",
  "*{name} stands for nothing: no &{same} before it.": "*{name} steht für nichts: davor gibt es kein &{same}.",
  "tags (words that start with !) are not taken: remove or quote it.":
    "Wörter, die mit ! beginnen, werden nicht genommen: Entfernen Sie es, oder setzen Sie es in Anführungszeichen.",
  "a name must be text: not a list, a mapping or an alias.": "ein Name muss Text sein: keine Liste, keine Zuordnung, kein Verweis.",
  "this number is too large. If it is a text, put it in quotes.":
    "diese Zahl ist zu groß. Ist es ein Text, setzen Sie ihn in Anführungszeichen.",
  "write a number in plain digits, without +, _, 0x or leading zeros. If it is a text, quote it.":
    "schreiben Sie eine Zahl in bloßen Ziffern, ohne +, _, 0x oder Nullen davor. Ist es ein Text, setzen Sie ihn in Anführungszeichen.",
  "this looks like a date: put it in quotes.": "das sieht aus wie ein Datum: Setzen Sie es in Anführungszeichen.",
  "its aliases stand for more than {most} names and values.": "seine Verweise stehen für mehr als {most} Namen und Werte.",
  "the name “{name}” must be text: quote it.": "der Name „{name}“ muss Text sein: Setzen Sie ihn in Anführungszeichen.",
  "{name} stands there twice.": "{name} steht da zweimal.",
  "<< takes a mapping or a list of mappings.": "<< verlangt eine Zuordnung oder eine Liste davon.",

  // the image of the watermark: tgcfd/config/png.py
  "This is not a PNG image. Save the image as PNG, and upload that.":
    "Das ist kein PNG-Bild. Speichern Sie das Bild als PNG, und laden Sie das hoch.",
  "The image is not complete. Save it again as PNG, and upload that.":
    "Das Bild ist unvollständig. Speichern Sie es noch einmal als PNG, und laden Sie das hoch.",
  "The image is damaged. Save it again as PNG, and upload that.":
    "Das Bild ist beschädigt. Speichern Sie es noch einmal als PNG, und laden Sie das hoch.",
  "The image has {width} by {height} pixels; {most} by {side} are the most. Make it smaller, and upload that.":
    "Das Bild hat {width} mal {height} Pixel; höchstens {most} mal {side} dürfen es sein. Verkleinern Sie es, und laden Sie das hoch.",

  // an import: tgcfd/config/imports
  "Everything else stays as it is.": "Alles andere bleibt, wie es ist.",
  "{title}: taken.": "{title}: übernommen.",
  "{title}: taken, {how}.": "{title}: übernommen, {how}.",
  "on": "an",
  "off": "aus",
  "On, for tgcf 0.2 used each plugin that was there: “{name}”.":
    "An, denn tgcf 0.2 benutzte jedes Plugin, das da war: „{name}“.",
  "Off now: an empty text deletes media edited to have no caption.":
    "Jetzt aus: Ein leerer Text löscht Medien, deren Bildunterschrift entfernt wird.",
  "Paused: connection {number} has the same source, and tgcf used only the last one of them.":
    "Pausiert: Verbindung {number} hat dieselbe Quelle, und tgcf benutzte nur die letzte von beiden.",
  "Paused: it had a set of plugins of its own, and here all connections share one. Without its filter it might forward what it should not.":
    "Pausiert: Sie hatte eigene Plugins, und hier teilen sich alle Verbindungen dieselben. Ohne ihren Filter könnte sie weiterleiten, was sie nicht soll.",
  "Paused: it has no destination that can be used.": "Pausiert: Sie hat kein Ziel, das sich benutzen lässt.",
  "Only development versions after 1.1.8 have “theme” or the plugin “sender”.":
    "Nur Entwicklungsfassungen nach 1.1.8 haben „theme“ oder das Plugin „sender“.",
  "Only tgcf 0.2 read its configuration from TGCF_CONFIG.": "Nur tgcf 0.2 las seine Konfiguration aus TGCF_CONFIG.",
  "Only the development version with several agents has “{name}”.":
    "Nur die Entwicklungsfassung mit mehreren Agenten hat „{name}“.",
  "named connections": "Verbindungen mit Namen",
  "“check” in the plugin “{name}”": "„check“ im Plugin „{name}“",
  "the plugin “{name}” without “check”": "das Plugin „{name}“ ohne „check“",
  "the plugin “{name}”": "das Plugin „{name}“",
  "a pause in parts of a second": "eine Pause in Bruchteilen einer Sekunde",
  "And {count} more like these.": "Und {count} weitere wie diese.",
  "The account of agent {number} ({name}), and the API id and hash.":
    "Das Konto von Agent {number} ({name}), und API-ID und API-Hash.",
  "This connection is of agent {number}.": "Diese Verbindung gehört zu Agent {number}.",
  "Agent {number} is another account: here each has an account of its own. Import it there.":
    "Agent {number} ist ein anderes Konto: Hier hat jedes ein eigenes. Importieren Sie es dort.",
  "Here all connections share one set of plugins.": "Hier teilen sich alle Verbindungen dieselben Plugins.",
  "The pause is {seconds} seconds, as tgcf makes it of such a number.":
    "Die Pause dauert {seconds} Sekunden: Das macht tgcf aus einer solchen Zahl.",
  "It is empty.": "Es ist leer.",
  "It is the source itself: messages would go in circles.": "Es ist die Quelle selbst: Nachrichten würden im Kreis laufen.",
  "It did not say the same as the rules that tgcf used: those are taken.":
    "Es sagte nicht dasselbe wie die Regeln, die tgcf benutzte: Diese werden übernommen.",
  "{one} and {other} are two {what}: send one of them.": "{one} und {other} sind zwei von einer Art ({what}): Nehmen Sie eine davon.",
  "The configuration is what TGCF_CONFIG says.": "Die Konfiguration ist, was TGCF_CONFIG sagt.",
  "A variable does not hold what its name says: API_ID is a number, the others are texts.":
    "Eine Variable enthält nicht, was ihr Name sagt: API_ID ist eine Zahl, die anderen sind Texte.",
  "The configuration says this itself, and tgcf used that.": "Die Konfiguration sagt das selbst, und tgcf benutzte das.",
  "There is a session string besides, and tgcf used that. To use this session, import it alone.":
    "Daneben gibt es einen Session-String, und tgcf benutzte den. Um diese Sitzung zu benutzen, importieren Sie sie allein.",
  "It is {kind}, as tgcf 0.2 saw it from what is set.": "Es ist {kind}: So sah es tgcf 0.2 an dem, was gesetzt ist.",
  "The session is taken, but not used: there is a bot token, and tgcf used that.":
    "Die Sitzung wird übernommen, aber nicht benutzt: Es gibt ein Bot-Token, und tgcf benutzte das.",
  "The session is taken: that of a user, for there is no bot token.":
    "Die Sitzung wird übernommen, als die eines Benutzers: Es gibt kein Bot-Token.",
  "The session is taken. It does not say whether it is a user's or a bot's: check the kind of account.":
    "Die Sitzung wird übernommen. Sie sagt nicht, ob sie einem Benutzer oder einem Bot gehört: Prüfen Sie die Art des Kontos.",
  "The account stays as it is stored: the import has none.": "Das Konto bleibt, wie es gespeichert ist: Der Import hat keines.",
  "{name}: stays, the import has none that is good.": "{name}: bleibt, der Import hat nichts Brauchbares dafür.",
  "It is an SQLite file with the session of Telethon in it.": "Es ist eine SQLite-Datei mit der Sitzung von Telethon darin.",
  "It is a Telethon session string and nothing else.": "Es ist ein Session-String von Telethon und nichts sonst.",
  "It sets variables that tgcf 0.2 read: {names}.": "Sie setzt Variablen, die tgcf 0.2 las: {names}.",
  "It is JSON with settings of tgcf: versions 1.0 and 1.1 keep them so, and tgcfd too.":
    "Es ist JSON mit Einstellungen von tgcf: So verwahren sie die Versionen 1.0 und 1.1, und auch tgcfd.",
  "It is YAML, and it has {name}, as tgcf 0.2 had it.": "Es ist YAML und hat {name}, wie es tgcf 0.2 hatte.",
  "It would fit tgcf 0.2 and tgcfd. It is taken for tgcf 0.2, which kept its login elsewhere: a file of tgcfd nearly always has “login”.":
    "Es würde zu tgcf 0.2 und zu tgcfd passen. Es gilt als tgcf 0.2, das seine Anmeldung anderswo verwahrte: Eine Datei von tgcfd hat fast immer „login“.",
  "{name} is larger than {most} bytes: no configuration of tgcf is.":
    "{name} ist größer als {most} Bytes: Das ist keine Konfiguration von tgcf.",
  "{name} is text, but neither a configuration of tgcf nor a session string nor a .env file.":
    "{name} ist Text, aber weder eine Konfiguration von tgcf noch ein Session-String noch eine .env-Datei.",
  "{name} is a list, and a configuration is not.": "{name} ist eine Liste, und das ist eine Konfiguration nie.",
  "{name} is {kind}, but none of its names is a setting of tgcf. It has {names}.":
    "{name} ist {kind}, aber keiner der Namen darin ist eine Einstellung von tgcf. Darin steht {names}.",
  "{name} cannot be taken as a session: {why}.": "{name} lässt sich nicht als Sitzung nehmen: {why}.",
  "{name} is neither text in UTF-8 nor an SQLite file.": "{name} ist weder Text in UTF-8 noch eine SQLite-Datei.",
  "{name} is JSON that is nested too deeply or holds impossible numbers.":
    "{name} ist JSON, das zu tief verschachtelt ist oder unmögliche Zahlen enthält.",
  "{name} begins like JSON, but is not: {why} ({where}).": "{name} beginnt wie JSON, ist aber keines: {why} ({where}).",
  "The host has no room to read a session file now. Try again.":
    "Der Server hat gerade keinen Platz, um eine Sitzungsdatei zu lesen. Versuchen Sie es noch einmal.",
  "The colours of tgcf-web: tgcfd has none of its page's.": "Die Farben von tgcf-web: Diese Seite hat eigene.",
  "Numbers of processes on the host that it was on.": "Nummern von Prozessen auf dem Rechner, auf dem es war.",
  "A second account that sends: tgcf 1.1.8, which tgcfd runs, does not know it. The account that reads will send.":
    "Ein zweites Konto, das sendet: tgcf 1.1.8, das hier läuft, kennt es nicht. Das Konto, das liest, wird senden.",
  "Nothing stands here, so the default counts.": "Hier steht nichts, also gilt die Vorgabe.",
  "Deleting by editing stays off, as it was in tgcf 0.2.": "Das Löschen durch Bearbeiten bleibt aus, wie in tgcf 0.2.",
  "The pause of {before} seconds is {seconds} now: only whole seconds are known.":
    "Aus der Pause von {before} Sekunden werden {seconds}: Nur ganze Sekunden sind möglich.",
  "They work in another order now, always the same: {order}.":
    "Sie arbeiten nun in einer anderen Reihenfolge, immer derselben: {order}.",
  "The plugin “{name}” was not tgcf's own, and there are no others now.":
    "Das Plugin „{name}“ gehörte nicht zu tgcf, und andere gibt es jetzt nicht.",
  "tgcf compares numeric ids here: this name never matched anybody.":
    "tgcf vergleicht hier Nummern: Dieser Name passte nie auf jemanden.",
  "tgcf used the file when there was one: that is taken.": "tgcf benutzte die Datei, wenn es eine gab: Die wird genommen.",
  "tgcf's configuration does not have this variable.": "Die Konfiguration von tgcf hat diese Variable nicht.",
  "“normal” is called “plain” now.": "„normal“ heißt jetzt „plain“.",
  "{name} is empty.": "{name} ist leer.",

  // the rest: tgcfd/api, tgcfd/errors.py
  "You follow logs and events {count} times already. Close one, such as another tab of the page.":
    "Sie verfolgen Protokoll und Ereignisse schon {count}-mal. Schließen Sie eines, etwa einen anderen Tab dieser Seite.",
  "There is no image for the watermark. Upload one.": "Es gibt kein Bild für das Wasserzeichen. Laden Sie eines hoch.",
  "Something went wrong in tgcfd itself. Its log has more under the request id {id}.":
    "In tgcfd selbst ging etwas schief. In seinem Protokoll steht mehr unter der Kennung {id}.",
  "Send the six digits that your authenticator app shows, or one of your recovery codes, as `code`.":
    "Tippen Sie die sechs Ziffern, die Ihre Authenticator-App zeigt, oder einen Ihrer Wiederherstellungscodes.",
};
