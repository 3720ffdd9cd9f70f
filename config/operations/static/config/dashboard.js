// Draws the charts of the dashboard from the JSON in the page, in the colours of the theme.
"use strict";

(() => {
    const drawings = JSON.parse(document.getElementById("drawings").textContent);
    const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
    const darkTheme = window.matchMedia("(prefers-color-scheme: dark)");
    let charts = [];

    const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

    const dataset = (kind, series) => ({
        label: series.label,
        data: series.values,
        backgroundColor: theme(series.colour),
        borderColor: theme(series.colour),
        borderWidth: kind === "line" ? 2 : 0,
        pointRadius: 0,
        pointHitRadius: 12,
    });

    const axes = (kind, scale) => {
        const grid = { color: theme("--hairline-color") };
        const ticks = { color: theme("--body-quiet-color") };
        const stacked = kind === "bar";
        return {
            x: { stacked, grid: { display: false }, ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 16 } },
            y: { stacked, grid, type: scale, beginAtZero: true, ticks: { ...ticks, precision: 0, maxTicksLimit: 6 } },
        };
    };

    const draw = ({ key, kind, scale, labels, series }) =>
        new Chart(document.getElementById(key), {
            type: kind,
            data: { labels, datasets: series.map((one) => dataset(kind, one)) },
            options: {
                animation: reducedMotion.matches ? false : { duration: 300 },
                interaction: { mode: "index", intersect: false },
                locale: document.documentElement.lang,
                maintainAspectRatio: false,
                plugins: {
                    legend: {
                        display: series.length > 1,
                        position: "bottom",
                        labels: { color: theme("--body-fg"), boxHeight: 12, boxWidth: 12 },
                    },
                },
                scales: axes(kind, scale),
            },
        });

    const drawAll = () => {
        charts.forEach((chart) => chart.destroy());
        charts = drawings.map(draw);
    };

    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    darkTheme.addEventListener("change", drawAll);
})();
