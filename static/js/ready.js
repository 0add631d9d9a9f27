// Has htmx read the page before it counts as loaded: by itself it waits for a timer, and a click or key until then is lost.
htmx.process(document.body);
