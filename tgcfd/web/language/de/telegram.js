// The page Telegram.
export default {
  "Telegram has accepted this: tgcf is running.": "Telegram hat das angenommen: tgcf läuft.",
  "The number under “API development tools”.": "Die Zahl unter „API development tools“.",
  "A session string stands for an account that is signed in already. You make it once, on a computer of yours with Python:":
    "Ein Session-String steht für ein Konto, das schon angemeldet ist. Sie machen ihn einmal, auf einem eigenen Rechner mit Python:",
  "Copy all of it to here.": "Kopieren Sie ihn ganz hierher.",
  "Download {name}": "{name} herunterladen",
  "If you have a session file of Telethon already, import that instead:":
    "Haben Sie schon eine Sitzungsdatei von Telethon, importieren Sie stattdessen diese:",
  "Import, on the page Connections": "Importieren, auf der Seite Verbindungen",
  "It asks for API id, API hash, your phone number, the code that Telegram sends you, and your password at Telegram if you have one. Then it shows the session string.":
    "Es fragt nach API-ID, API-Hash, Ihrer Telefonnummer, dem Code, den Telegram Ihnen schickt, und Ihrem Passwort bei Telegram, falls Sie eines haben. Dann zeigt es den Session-String.",
  "Open a terminal in the folder where it is, and enter these two lines. On Windows it is py in place of python3; on Debian and Ubuntu, sudo apt install python3-telethon in place of the first line.":
    "Öffnen Sie ein Terminal in dem Ordner, in dem es liegt, und geben Sie diese zwei Zeilen ein. Unter Windows steht py anstelle von python3; unter Debian und Ubuntu sudo apt install python3-telethon anstelle der ersten Zeile.",
  "Store this small program:": "Speichern Sie dieses kleine Programm:",
  "This does not look like a whole session string: it begins with 1 and has some 350 letters, digits, - and _.":
    "Das sieht nicht nach einem ganzen Session-String aus: Er beginnt mit 1 und hat etwa 350 Buchstaben, Ziffern, - und _.",
  "In groups it sees all messages only if it is an admin, or if you send /setprivacy to @BotFather and choose Disable.":
    "In Gruppen sieht er nur dann alle Nachrichten, wenn er Administrator ist oder Sie @BotFather /setprivacy schicken und Disable wählen.",
  "Cannot copy messages that are there already": "Kann keine Nachrichten kopieren, die schon da sind",
  "Does not see the chats that you see": "Sieht die Chats nicht, die Sie sehen",
  "Forwards new messages of chats that it was added to":
    "Leitet neue Nachrichten aus Chats weiter, zu denen er hinzugefügt wurde",
  "Forwards new messages, and copies those that are there already":
    "Leitet neue Nachrichten weiter und kopiert die, die schon da sind",
  "Made in a minute, in Telegram itself": "In einer Minute gemacht, in Telegram selbst",
  "Sees every chat that you see": "Sieht jeden Chat, den Sie sehen",
  "Takes a session string, which is made on a computer":
    "Braucht einen Session-String, der an einem Rechner gemacht wird",
};
