// The page Plugins.
export default {
  "(on)": "(an)",
  "A message goes through the plugins that are on, in this order.":
    "Eine Nachricht geht durch die eingeschalteten Plugins, in dieser Reihenfolge.",
  "Change it on the page Advanced": "Auf der Seite Erweitert ändern",
  "What hinders tgcf": "Was tgcf hindert",
  "“Show forwarded from” is on: messages are forwarded as they are, and only the filter has an effect.":
    "„Weitergeleitet von“ ist an: Nachrichten werden weitergeleitet, wie sie sind, und nur der Filter wirkt.",
  "Nothing is put between them: a new line is one that you enter.":
    "Dazwischen kommt nichts: Eine neue Zeile ist eine, die Sie eingeben.",
  "The text of the message.": "Der Text der Nachricht.",
  "What is sent": "Was gesendet wird",
  "A PNG with a transparent background looks best; 2 MB and 2560 × 2560 pixels at most. It takes effect at once, without saving.":
    "Am besten sieht ein PNG mit durchsichtigem Hintergrund aus; höchstens 2 MB und 2560 × 2560 Pixel. Es gilt sofort, ohne Speichern.",
  "Address of the image": "Adresse des Bildes",
  "It begins with https:// and is downloaded once, when it is first needed. The name of a file that the host's owner has put into place can stand here as well.":
    "Sie beginnt mit https:// und wird einmal geholt, wenn das Bild zuerst gebraucht wird. Auch der Name einer Datei, die der Betreiber hinterlegt hat, kann hier stehen.",
  "One from the web": "Eines aus dem Netz",
  "One that I upload": "Eines, das ich hochlade",
  "Pictures cannot be marked until there is another one.":
    "Bilder lassen sich nicht markieren, bis es ein anderes gibt.",
  "Remove the image": "Bild entfernen",
  "Remove the image?": "Bild entfernen?",
  "Replace the image": "Bild ersetzen",
  "The image is stored.": "Das Bild ist gespeichert.",
  "The watermark's image": "Das Bild des Wasserzeichens",
  "There is an image already, and tgcf uses that one. Remove it to have the address downloaded.":
    "Es gibt schon ein Bild, und tgcf benutzt dieses. Entfernen Sie es, damit die Adresse geholt wird.",
  "There is no image yet: pictures cannot be marked without one.":
    "Es gibt noch kein Bild: Ohne eines lassen sich Bilder nicht markieren.",
  "Upload an image": "Bild hochladen",
  "{width} × {height} pixels, {size}": "{width} × {height} Pixel, {size}",
  "Hide its settings": "Einstellungen verbergen",
  "No effect now: “Show forwarded from” is on.": "Wirkt jetzt nicht: „Weitergeleitet von“ ist an.",
  "No effect yet: add a rule.": "Wirkt noch nicht: Fügen Sie eine Regel hinzu.",
  "No effect yet: choose a style.": "Wirkt noch nicht: Wählen Sie einen Stil.",
  "No effect yet: enter a header or a footer.": "Wirkt noch nicht: Geben Sie einen Kopf oder einen Fuß ein.",
  "No effect yet: nothing is entered, so every message passes.":
    "Wirkt noch nicht: Nichts ist eingetragen, also geht jede Nachricht durch.",
  "Show its settings": "Einstellungen zeigen",
  "This file cannot be read as an image. Choose a PNG or JPEG file.":
    "Diese Datei ist nicht als Bild lesbar. Wählen Sie eine PNG- oder JPEG-Datei.",
};
