// Connections, plugins, Telegram and Advanced, and how changes are saved.
export default {
  "Take all of theirs": "Alles vom anderen übernehmen",
  "Keep all of mine": "Alles von mir behalten",
  "Changed here and elsewhere": "Hier und anderswo geändert",
  "Somebody has saved other values meanwhile. Nothing of yours is lost: choose what to go on with, then save.":
    "Inzwischen wurde anderswo etwas anderes gespeichert. Nichts von Ihnen ist verloren: Wählen Sie, womit es weitergeht, und speichern Sie dann.",
  "Yours": "Ihres",
  "Stored meanwhile": "Inzwischen gespeichert",
  "Take this": "Dies übernehmen",
  "The configuration was changed elsewhere; this page shows it as it is now.":
    "Die Konfiguration wurde anderswo geändert; diese Seite zeigt sie, wie sie jetzt ist.",
  "Add": "Hinzufügen",
  "{list}, {place}": "{list}, {place}",
  "Remove {name}": "{name} entfernen",
  "This is looked for above already; only one of both can be kept.":
    "Danach wird weiter oben schon gesucht; nur eine der beiden Regeln kann bleiben.",
  "Rule {place}: look for": "Regel {place}: suchen",
  "Look for": "Suchen",
  "Rule {place}: put there": "Regel {place}: einsetzen",
  "Put there": "Einsetzen",
  "Remove rule {place}": "Regel {place} entfernen",
  "Add a rule": "Regel hinzufügen",
  "Changes": "Änderungen",
  "Unsaved changes.": "Nicht gespeicherte Änderungen.",
  "Unsaved changes; one field is not right yet.": "Nicht gespeicherte Änderungen; ein Feld stimmt noch nicht.",
  "Unsaved changes; {count} fields are not right yet.":
    "Nicht gespeicherte Änderungen; {count} Felder stimmen noch nicht.",
  "Discard the changes?": "Änderungen verwerfen?",
  "What you have changed since the last save is lost.":
    "Was Sie seit dem letzten Speichern geändert haben, geht verloren.",
  "Discard": "Verwerfen",
  "Saved.": "Gespeichert.",
  "Not saved: correct the fields that are marked first.":
    "Nicht gespeichert: Berichtigen Sie erst die markierten Felder.",
  "Save": "Speichern",
  "Saved. What runs now does not know the changes yet: restart tgcf to apply them.":
    "Gespeichert. Was gerade läuft, kennt die Änderungen noch nicht: Starten Sie tgcf neu, damit sie gelten.",
  "Restart now": "Jetzt neu starten",
  "Set": "Gesetzt",
  "Replace or remove: {name}": "Ersetzen oder entfernen: {name}",
  "Replace or remove": "Ersetzen oder entfernen",
  "Keep the one that is set": "Den gesetzten Wert behalten",
  "Correct the file": "Datei berichtigen",
  "Go back to an earlier version": "Zu einer früheren Version zurück",
  // Connections
  "Moved to place {place} of {count}.": "An Stelle {place} von {count} verschoben.",
  "Undo": "Rückgängig",
  "The connection is removed once you save.": "Die Verbindung wird beim Speichern entfernt.",
  "Add many": "Viele hinzufügen",
  "Search the connections": "Verbindungen durchsuchen",
  "Search": "Suchen",
  "No connection holds these words.": "In keiner Verbindung stehen diese Wörter.",
  "Source": "Quelle",
  "Destinations": "Ziele",
  "A connection takes the messages of one chat, the source, and sends them to others, the destinations. Add the first one.":
    "Eine Verbindung nimmt die Nachrichten eines Chats, der Quelle, und sendet sie an andere, die Ziele. Fügen Sie die erste hinzu.",
  "{name} is on": "{name} ist an",
  "On": "An",
  "Paused": "Pausiert",
  "Move up": "Nach oben",
  "Move down": "Nach unten",
  "Duplicate": "Verdoppeln",
  "Remove": "Entfernen",
  "Add a destination": "Ziel hinzufügen",
  "For copying existing messages": "Für das Kopieren vorhandener Nachrichten",
  "Add many connections": "Viele Verbindungen hinzufügen",
  "One connection on a line": "Eine Verbindung je Zeile",
  "The source, an arrow, the destinations with commas between them; a name and a colon may stand before.":
    "Die Quelle, ein Pfeil, die Ziele mit Kommas dazwischen; davor dürfen ein Name und ein Doppelpunkt stehen.",
  "This line has no arrow with chats on both sides.": "Diese Zeile hat keinen Pfeil mit Chats auf beiden Seiten.",
  "One connection is added once you save.": "Eine Verbindung wird beim Speichern hinzugefügt.",
  "{count} connections are added once you save.": "{count} Verbindungen werden beim Speichern hinzugefügt.",
  "Add one connection": "Eine Verbindung hinzufügen",
  "Add {count} connections": "{count} Verbindungen hinzufügen",
  "And {count} more.": "Und {count} weitere.",
  "Export": "Exportieren",
  "Format": "Format",
  "YAML, as it is kept here": "YAML, wie sie hier liegt",
  "JSON": "JSON",
  "tgcf.config.json, for tgcf itself": "tgcf.config.json, für tgcf selbst",
  "Without tokens and sessions; whoever imports it keeps their own.":
    "Ohne Tokens und Sitzungen; wer sie importiert, behält die eigenen.",
  "With tokens and sessions": "Mit Tokens und Sitzungen",
  "Whoever has that file can use your Telegram account. Keep it as safe as your password.":
    "Wer diese Datei hat, kann Ihr Telegram-Konto benutzen. Hüten Sie sie wie Ihr Passwort.",
  "Download with secrets": "Mit Geheimnissen herunterladen",
  "Your password here": "Ihr Passwort hier",
  "Discard the unsaved changes?": "Nicht gespeicherte Änderungen verwerfen?",
  "The import replaces the configuration as it is stored; what you have changed since is lost.":
    "Der Import ersetzt die gespeicherte Konfiguration; was Sie seither geändert haben, geht verloren.",
  "Discard and import": "Verwerfen und importieren",
  "Imported and saved.": "Importiert und gespeichert.",
  "Take it over": "Übernehmen",
  "Import": "Importieren",
  "Files of tgcf": "Dateien von tgcf",
  "tgcf.config.json, or the older tgcf.config.yml with its .env, and a Telethon session if you have one; up to four files. Nothing is stored before you have seen what comes of it.":
    "tgcf.config.json oder die ältere tgcf.config.yml mit ihrer .env, dazu eine Telethon-Sitzung, wenn Sie eine haben; bis zu vier Dateien. Nichts wird gespeichert, bevor Sie gesehen haben, was daraus wird.",
  "What was recognised": "Was erkannt wurde",
  "What is converted": "Was umgewandelt wird",
  "What stays as it is here": "Was hier bleibt, wie es ist",
  "What cannot be taken": "Was nicht übernommen werden kann",
  "What is not right yet": "Was noch nicht stimmt",
  "{name} is larger than 2 MB; that is no configuration.": "{name} ist größer als 2 MB; das ist keine Konfiguration.",
  "It has one connection.": "Sie hat eine Verbindung.",
  "It has {count} connections.": "Sie hat {count} Verbindungen.",
  // Telegram
  "What Telegram said last": "Was Telegram zuletzt sagte",
  "Who forwards the messages?": "Wer leitet die Nachrichten weiter?",
  "API id and API hash": "API-ID und API-Hash",
  "Telegram gives them to everybody who asks, for bots and accounts alike:":
    "Telegram gibt sie jedem, der danach fragt, für Bots wie für Konten:",
  "Log in there with your phone number.": "Melden Sie sich dort mit Ihrer Telefonnummer an.",
  "Open “API development tools” and fill in any title and short name.":
    "Öffnen Sie „API development tools“ und geben Sie einen beliebigen Titel und Kurznamen ein.",
  "Copy “App api_id” and “App api_hash” to here.": "Kopieren Sie „App api_id“ und „App api_hash“ hierher.",
  "A bot": "Ein Bot",
  "Your own account": "Ihr eigenes Konto",
  "The bot": "Der Bot",
  "Write to @BotFather in Telegram: /newbot, and answer its questions.":
    "Schreiben Sie @BotFather in Telegram: /newbot, und beantworten Sie seine Fragen.",
  "Copy the token that it gives you to here.": "Kopieren Sie das Token, das er Ihnen gibt, hierher.",
  "Add the bot to each source and destination; in channels as an admin.":
    "Fügen Sie den Bot zu jeder Quelle und jedem Ziel hinzu; in Kanälen als Administrator.",
  "Your account": "Ihr Konto",
  "Whoever has this string can use your Telegram account: treat it like a password.":
    "Wer diesen String hat, kann Ihr Telegram-Konto benutzen: Hüten Sie ihn wie ein Passwort.",
  "Whether Telegram takes it shows when tgcf runs.": "Ob Telegram es annimmt, zeigt sich, wenn tgcf läuft.",
  "Made in a minute, in Telegram itself": "In einer Minute gemacht, in Telegram selbst",
  "Forwards new messages of chats that it was added to":
    "Leitet neue Nachrichten aus Chats weiter, zu denen er hinzugefügt wurde",
  "Does not see the chats that you see": "Sieht nicht die Chats, die Sie sehen",
  "Cannot copy messages that are there already": "Kann keine Nachrichten kopieren, die schon da sind",
  "Sees every chat that you see": "Sieht jeden Chat, den Sie sehen",
  "Forwards new messages, and copies those that are there already":
    "Leitet neue Nachrichten weiter und kopiert die, die schon da sind",
  "Takes a session string, which is made on a computer":
    "Braucht einen Session-String, der auf einem Computer gemacht wird",
  "The number under “API development tools”.": "Die Zahl unter „API development tools“.",
  "In groups it sees all messages only if it is an admin, or if you send /setprivacy to @BotFather and choose Disable.":
    "In Gruppen sieht er nur dann alle Nachrichten, wenn er Admin ist oder wenn Sie @BotFather /setprivacy senden und Disable wählen.",
  "A session string stands for an account that is signed in already. You make it once, on a computer of yours with Python:":
    "Ein Session-String steht für ein Konto, das schon angemeldet ist. Sie machen ihn einmal, auf einem eigenen Computer mit Python:",
  "Store this small program:": "Speichern Sie dieses kleine Programm:",
  "Download {name}": "{name} herunterladen",
  "Open a terminal in the folder where it is, and enter these two lines. On Windows it is py in place of python3; on Debian and Ubuntu, sudo apt install python3-telethon in place of the first line.":
    "Öffnen Sie ein Terminal in dem Ordner, in dem es liegt, und geben Sie diese zwei Zeilen ein. Unter Windows heißt es py statt python3; unter Debian und Ubuntu sudo apt install python3-telethon statt der ersten Zeile.",
  "It asks for API id, API hash, your phone number, the code that Telegram sends you, and your password at Telegram if you have one. Then it shows the session string.":
    "Es fragt nach API-ID, API-Hash, Ihrer Telefonnummer, dem Code, den Telegram Ihnen schickt, und Ihrem Telegram-Passwort, wenn Sie eines haben. Dann zeigt es den Session-String.",
  "Copy all of it to here.": "Kopieren Sie ihn ganz hierher.",
  "If you have a session file of Telethon already, import that instead:":
    "Wenn Sie schon eine Sitzungsdatei von Telethon haben, importieren Sie stattdessen diese:",
  "Import, on the page Connections": "Importieren, auf der Seite Verbindungen",
  "This does not look like a whole session string: it begins with 1 and has some 350 letters, digits, - and _.":
    "Das sieht nicht wie ein ganzer Session-String aus: Er beginnt mit 1 und hat etwa 350 Buchstaben, Ziffern, - und _.",
  "Telegram has accepted this: tgcf is running.": "Telegram hat das angenommen: tgcf läuft.",
  // plugins
  "A message goes through the plugins that are on, in this order.":
    "Eine Nachricht geht durch die eingeschalteten Plugins, in dieser Reihenfolge.",
  "(on)": "(an)",
  "What hinders tgcf": "Was tgcf hindert",
  "The option Show “Forwarded from” is on: messages are forwarded as they are, and only the filter has an effect.":
    "Die Option „Weitergeleitet von“ zeigen ist an: Nachrichten werden weitergeleitet, wie sie sind, und nur der Filter wirkt.",
  "Change it on the page Advanced": "Auf der Seite Erweitert ändern",
  "Show its settings": "Einstellungen zeigen",
  "Hide its settings": "Einstellungen verbergen",
  "No effect now: the option Show “Forwarded from” is on.":
    "Wirkt jetzt nicht: Die Option „Weitergeleitet von“ zeigen ist an.",
  "No effect yet: nothing is entered, so every message passes.":
    "Wirkt noch nicht: Es ist nichts eingetragen, also geht jede Nachricht durch.",
  "No effect yet: choose a style.": "Wirkt noch nicht: Wählen Sie einen Stil.",
  "No effect yet: add a rule.": "Wirkt noch nicht: Fügen Sie eine Regel hinzu.",
  "No effect yet: enter a header or a footer.": "Wirkt noch nicht: Geben Sie einen Kopf oder einen Fuß ein.",
  "What is sent": "Was gesendet wird",
  "The text of the message.": "Der Text der Nachricht.",
  "Nothing is put between them: a new line is one that you enter.":
    "Dazwischen kommt nichts: Eine neue Zeile beginnt nur, wo Sie eine eingeben.",
  "Try it": "Ausprobieren",
  "What tgcf would make of a message, with the plugins as they stand above. Nothing is sent or saved.":
    "Was tgcf aus einer Nachricht machen würde, mit den Plugins, wie sie oben stehen. Nichts wird gesendet oder gespeichert.",
  "A message": "Eine Nachricht",
  "Bold words and the like with their Markdown signs: **bold**, __italic__.":
    "Fette Wörter und Ähnliches mit ihren Markdown-Zeichen: **fett**, __kursiv__.",
  "What comes with it": "Was dabei ist",
  "In digits. Only the filter looks at it.": "In Ziffern. Nur der Filter sieht danach.",
  "The plugins cannot be tried as they are: {detail}": "Die Plugins lassen sich so nicht ausprobieren: {detail}",
  "Watermark and text from images are not tried here: they need a real file.":
    "Wasserzeichen und Text aus Bildern werden hier nicht ausprobiert: Sie brauchen eine echte Datei.",
  "It is not forwarded: the filter stops it by its sender.":
    "Sie wird nicht weitergeleitet: Der Filter hält sie wegen ihres Absenders auf.",
  "It is not forwarded: the filter stops it by what comes with it.":
    "Sie wird nicht weitergeleitet: Der Filter hält sie auf wegen dem, was dabei ist.",
  "It is not forwarded: the filter stops it by its text.":
    "Sie wird nicht weitergeleitet: Der Filter hält sie wegen ihres Textes auf.",
  "It is not forwarded.": "Sie wird nicht weitergeleitet.",
  "It does not arrive: it has no text and no file, and Telegram takes no such message.":
    "Sie kommt nicht an: Sie hat weder Text noch Datei, und so eine Nachricht nimmt Telegram nicht.",
  "It does not arrive: Telegram takes 4,096 characters at most, and from most accounts 1,024 with a file.":
    "Sie kommt nicht an: Telegram nimmt höchstens 4.096 Zeichen, von den meisten Konten mit einer Datei 1.024.",
  "The plugins were changed since. Try it again.": "Die Plugins wurden seither geändert. Probieren Sie es noch einmal aus.",
  "tgcf leaves out what fails on this message: {names}.": "tgcf lässt weg, was an dieser Nachricht scheitert: {names}.",
  "It is forwarded. This arrives:": "Sie wird weitergeleitet. Das kommt an:",
  "The file, without a text.": "Die Datei, ohne einen Text.",
  "One that I upload": "Eines, das ich hochlade",
  "One from the web": "Eines aus dem Web",
  "Address of the image": "Adresse des Bildes",
  "It begins with https:// and is downloaded once, when it is first needed. The name of a file that the host's owner has put into place can stand here as well.":
    "Sie beginnt mit https://, und das Bild wird einmal geholt, wenn es zuerst gebraucht wird. Hier kann auch der Name einer Datei stehen, die der Betreiber bereitgelegt hat.",
  "The image is stored.": "Das Bild ist gespeichert.",
  "Remove the image?": "Bild entfernen?",
  "Pictures cannot be marked until there is another one.":
    "Bilder bekommen kein Wasserzeichen, bis ein anderes da ist.",
  "There is an image already, and tgcf uses that one. Remove it to have the address downloaded.":
    "Es ist schon ein Bild da, und tgcf benutzt dieses. Entfernen Sie es, damit das von der Adresse geholt wird.",
  "The watermark's image": "Das Bild des Wasserzeichens",
  "{width} × {height} pixels, {size}": "{width} × {height} Pixel, {size}",
  "There is no image yet: pictures cannot be marked without one.":
    "Es ist noch kein Bild da: Ohne eines gibt es kein Wasserzeichen.",
  "Upload an image": "Bild hochladen",
  "Replace the image": "Bild ersetzen",
  "Remove the image": "Bild entfernen",
  "A PNG with a transparent background looks best; 2 MB and 2560 × 2560 pixels at most. It takes effect at once, without saving.":
    "Am besten sieht ein PNG mit durchsichtigem Hintergrund aus; höchstens 2 MB und 2560 × 2560 Pixel. Es gilt sofort, ohne Speichern.",
  "This file cannot be read as an image. Choose a PNG or JPEG file.":
    "Diese Datei lässt sich nicht als Bild lesen. Wählen Sie eine PNG- oder JPEG-Datei.",
  // Advanced
  "Options": "Optionen",
  "The file": "Die Datei",
  "Versions": "Versionen",
  "About": "Über tgcfd",
  "Version {version}; runs tgcf 1.1.8.": "Version {version}; führt tgcf 1.1.8 aus.",
  "The API, for programs and other pages": "Die API, für Programme und andere Oberflächen",
  "Nothing differs.": "Es gibt keinen Unterschied.",
  "another secret": "ein anderes Geheimnis",
  "added": "hinzugefügt",
  "removed": "entfernt",
  "Line by line": "Zeile für Zeile",
  "The rest is left out; it is too long.": "Der Rest ist weggelassen; er ist zu lang.",
  "The other pages have changes that are not saved. Save or discard them first: then the file can be edited.":
    "Die anderen Seiten haben nicht gespeicherte Änderungen. Speichern oder verwerfen Sie sie erst: Dann lässt sich die Datei bearbeiten.",
  "This is your configuration as it is stored, with your comments. A secret shows as ********, and stays as it is if you leave that.":
    "Das ist Ihre Konfiguration, wie sie gespeichert ist, mit Ihren Kommentaren. Ein Geheimnis zeigt sich als ******** und bleibt, wie es ist, wenn Sie das stehen lassen.",
  "What is stored is damaged and cannot be shown. Write it anew here, or go back to an earlier version.":
    "Was gespeichert ist, ist beschädigt und kann nicht gezeigt werden. Schreiben Sie es hier neu, oder kehren Sie zu einer früheren Version zurück.",
  "The configuration as YAML": "Die Konfiguration als YAML",
  "Line {line}": "Zeile {line}",
  "Save the file": "Datei speichern",
  "Somebody has saved meanwhile": "Inzwischen wurde gespeichert",
  "Take what is stored": "Gespeichertes übernehmen",
  "Save mine in its place": "Meines an seiner Stelle speichern",
  "Your text is still here. This is what has changed since you began; close this to bring both together by hand.":
    "Ihr Text ist noch da. Das hat sich geändert, seit Sie begonnen haben; schließen Sie dies, um beides von Hand zusammenzuführen.",
  "What it was when you began is no longer kept.": "Wie es war, als Sie begannen, ist nicht mehr aufbewahrt.",
  "What is forwarded": "Was weitergeleitet wird",
  "A message is deleted by editing it": "Eine Nachricht wird durch Bearbeiten gelöscht",
  "Nothing was stored yet.": "Es wurde noch nichts gespeichert.",
  "Current": "Jetzt",
  "Look at it": "Ansehen",
  "Added:": "Hinzugefügt:",
  "Removed:": "Entfernt:",
  "Changed:": "Geändert:",
  "on this page": "auf dieser Seite",
  "by the program “{token}”": "vom Programm „{token}“",
  "by a program": "von einem Programm",
  "by an import": "durch einen Import",
  "by going back to an earlier version": "durch die Rückkehr zu einer früheren Version",
  "by a command to the bot": "durch einen Befehl an den Bot",
  "by the host's owner": "vom Betreiber",
  "not by tgcfd: the file was changed by hand": "nicht von tgcfd: Die Datei wurde von Hand geändert",
  "Go back to this version?": "Zu dieser Version zurück?",
  "Changes that you have not saved are kept on the pages. Tokens and sessions return as they were then.":
    "Nicht gespeicherte Änderungen bleiben auf den Seiten. Tokens und Sitzungen kehren wieder, wie sie damals waren.",
  "Tokens and sessions return as they were then; how far past mode is stays as it is now. You can undo it by going back once more.":
    "Tokens und Sitzungen kehren wieder, wie sie damals waren; wie weit das Kopieren ist, bleibt, wie es jetzt ist. Sie können es rückgängig machen, indem Sie noch einmal zurückkehren.",
  "Go back": "Zurückkehren",
  "The configuration is as it was then.": "Die Konfiguration ist wieder wie damals.",
  "What has changed since": "Was sich seither geändert hat",
  "Go back to this version": "Zu dieser Version zurück",
  "A valid pattern": "Ein gültiges Muster",
  "Move rule {place} down": "Regel {place} nach unten",
  "Move rule {place} up": "Regel {place} nach oben",
  "Left empty, it is removed when you save.": "Bleibt es leer, wird es beim Speichern entfernt.",
  "Fill in what to look for, or remove the rule.": "Füllen Sie aus, was gesucht wird, oder entfernen Sie die Regel.",
  "Show what is wrong": "Zeigen, was nicht stimmt",
};
