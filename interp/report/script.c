/* The one script of a page: sliders over training steps. It shows the frame of the figures that is chosen and says
 * which in words; it reads nothing but the page. The page's policy lets no script run but this: the hash is its
 * SHA-256, so whoever changes one changes the other (tests/language/report.sh compares them). */
#include "script.h"

const char report_script[] =
    "for(const slider of document.querySelectorAll(\"input[data-moments]\")){const section=slider.closest(\""
    "section\"),words=slider.dataset.moments.split(\"|\"),said=section.querySelector(\".moment span\"),show=()"
    "=>{for(const frame of section.querySelectorAll(\"[data-frame]\"))frame.toggleAttribute(\"hidden\",frame."
    "dataset.frame!==slider.value);said.textContent=words[slider.value];slider.setAttribute(\"aria-valuete"
    "xt\",words[slider.value])};slider.addEventListener(\"input\",show);show();slider.parentElement.hidden=f"
    "alse}";
const char report_script_hash[] = "sha256-4AHRksu6pCOSgFBU4WFYFO9KfEzIuL+cJmVN9n/g3CA=";
