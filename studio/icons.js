/**
 * The page's icons: strokes on a square of 24, so that they take the colour of the text beside them. Drawn for
 * this page.
 */

const strokes = {
    play: 'M8 5.5v13l10-6.5z',
    pause: 'M8.5 5.5v13M15.5 5.5v13',
    open: 'M3 18V6.5h6l2 2.5h10v9z',
    undo: 'M8 5 4 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-4',
    redo: 'm16 5 4 4-4 4M19.5 9H10a5.5 5.5 0 0 0 0 11h4',
    keep: 'm5 12.5 4.5 4.5L19 7.5',
    close: 'M6 6l12 12M18 6 6 18',
    again: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
    loop: 'M7 8h10a4 4 0 0 1 4 4M17 16H7a4 4 0 0 1-4-4M14.5 5 17.5 8l-3 3M9.5 13l-3 3 3 3',
    like: 'M4 12h5M15 12h5M9 8v8M12 5v14M15 8v8',
    pin: 'M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z',
    flipH: 'M12 4v16M9 8 4 12l5 4zM15 8l5 4-5 4z',
    flipV: 'M4 12h16M8 9l4-5 4 5zM8 15l4 5 4-5z',
    rotateLeft: 'M5 12a7 7 0 1 0 2.2-5.1M5 4v4h4',
    rotateRight: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
    revert: 'M12 7v5l3.5 2M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4',
    compare: 'M4 5h10v10H4zM10 9h10v10H10z',
    grid: 'M4 4h16v16H4zM4 12h16M12 4v16',
    eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5v5M9.5 12h5',
    star: 'm12 4 2.4 5.2 5.6.6-4.2 3.9 1.2 5.6L12 16.5l-5 2.8 1.2-5.6L4 9.8l5.6-.6z',
    search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 20 20',
    download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
    save: 'M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6',
    help: 'M9 9.2a3 3 0 1 1 4.2 2.700c-.8.4-1.2 1-1.2 2M12 17.5v.5',
    volume: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
    muted: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 10l5 4.5M21 10l-5 4.5',
    theme: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
    style: 'M12 4a8 8 0 1 0 0 16c1.5 0 2-1 1.5-2-.6-1.300 0-2.5 1.5-2.5h2A3 3 0 0 0 20 12.5 8.300 8.300 0 0 0 12 4zM8 11v.5M11 8v.5M15 8.5V9',
    dice: 'M5 5h14v14H5zM9 9v.5M15 9v.5M12 12v.5M9 15v.5M15 15v.5',
    flag: 'M6 20V4h11l-2.5 4 2.5 4H6',
    copy: 'M8 8h11v12H8zM5 16V4h11',
    map: 'M5 18v.5M9 13v.5M8 7v.5M13 16v.5M15 10v.5M18 14v.5M14 5v.5M19 6v.5M12 10.5v.5',
    screen: 'M4 8V5h4M16 5h4v3M20 16v3h-4M8 19H4v-3M9 10h6v4H9z',
    settle: 'M12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM4 6l3 2.5M20 6l-3 2.5M4 18l3-2.5M20 18l-3-2.5',
    drop: 'M12 15V4M7.5 8.5 12 4l4.5 4.5M4 14v6h16v-6',
    note: 'M9 18V5.5l10-2V16M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
    spark: 'M12 3v5M12 16v5M3 12h5M16 12h5M6 6l3 3M15 15l3 3M18 6l-3 3M9 15l-3 3',
    history: 'M12 7v5l3.5 2M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z',
    folder: 'M3 18V6.5h6l2 2.5h10v9z',
};

/** @typedef {keyof typeof strokes} IconName */

/**
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', `icon icon-${name}`);
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', strokes[name]);
    svg.append(path);
    return svg;
}
