// Tells the server the browser's time zone, in which pages then state times. Without it they state them in UTC.
(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) {
        const secure = location.protocol === "https:" ? "; secure" : "";
        document.cookie = `time_zone=${zone}; path=${document.currentScript.dataset.path}; max-age=31536000; samesite=lax${secure}`;
    }
})();
